def renumber(module, control, ids):
    return {}
