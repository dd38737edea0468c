"""python -m wat_bysyncify: the same as the command wat-bysyncify."""

from .cli import main

if __name__ == "__main__":
    main(prog_name="wat-bysyncify")
