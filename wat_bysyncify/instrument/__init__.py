"""The transform. (The essay follows.)"""

from .options import Options
from .rewrite import rewrite_text

__all__ = ["Options", "rewrite_text"]
