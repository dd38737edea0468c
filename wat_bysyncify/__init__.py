from .errors import WatError
from .instrument.options import Options
from .instrument.rewrite import rewrite_text
def rewrite(text, **options):
    return "".join(rewrite_text(text, Options.of(**options)))
