def modernize(nodes):
    return nodes
