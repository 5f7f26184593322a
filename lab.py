#!/usr/bin/env python3
"""Set the kit up and open it: one file, standard library only, on Linux, macOS and Windows.

    python3 lab.py                 set everything up, then open JupyterLab on the first notebook
    python3 lab.py test [...]      set everything up, then run the tests (what follows goes to pytest)
    python3 lab.py app             set everything up, then open the explorer as a page of its own, without code
    python3 lab.py app [DATA] [--weights FILE] [--audit HTML] [--grades CSV]   the same with a folder of photos and a
                                   network of yours, its audit and the grades of your method
    python3 lab.py book OUT        set everything up, then build the lab as a static site in the new folder OUT;
                                   with --slides, the lessons as slides, too
    python3 lab.py setup           set everything up, and open nothing
    python3 lab.py doctor          say what is there, what is missing and how long the lessons compute; changes nothing
    python3 lab.py export [...]    write your notebooks as HTML pages, with outputs and answers as they are: all of
                                   them, or those that follow; --out FOLDER names the new folder
    python3 lab.py reset NOTEBOOK  get a lesson back as the kit has it; yours is kept beside it
    python3 lab.py wheelhouse FOLDER   fetch all packages into a folder, for machines without a network
    python3 lab.py badge           write the links to the site, Binder, Colab and Codespaces into README.md, for the
                                   newest tag, and print the first cell that a notebook needs on Colab

    --no-browser         serve JupyterLab or the explorer and print the address, but open no browser
    --port N             the first port to try (default 8888); the next free one is taken
    --gpu                set up with PyTorch's GPU build, also where no GPU is seen
    --wheelhouse FOLDER  set up from that folder, without a network

Everything is installed into .venv beside this file: delete that folder and it is gone. You work on copies of the
notebooks, in my_notebooks/. They also unpack the kit's photos into a cache, which "doctor" names; it may be deleted at
any time. The first run downloads the packages; later runs start at once.
"""
# This file has to parse on Python 3.6, so that an old Python is told what is wrong in a sentence
# instead of a SyntaxError. Hence no newer syntax anywhere in it.

import argparse
import os
import signal
import sys

try:
    from osnet_edu import Refused
    from osnet_edu.lab import badge, copies, ending, needs, programs, wheelhouse
    from osnet_edu.lab.doctor import doctor
    from osnet_edu.lab.fit import refuse_unfit_machine
    from osnet_edu.lab.programs import HERE, say
    from osnet_edu.lab.setup import Setup
except ImportError as missing:
    sys.exit("lab.py: %s. lab.py has to stay in the checkout it came with." % missing)

EXPLORER, EXPLORER_OF_OWN = "assets/app.ipynb", "assets/own.ipynb"
TAKES = {"book": "the name of a new folder for the site", "wheelhouse": "a folder", "reset": "a lesson"}
EXAMPLES = {"book": "site", "wheelhouse": "wheels", "reset": "02"}
FILES_OF_OWN = ("--weights", "--audit", "--grades")  # which "app" shows
QUICK = ("-m", "not slow and not browser")  # a developer's every day: what needs no browser and no long computation


def run_tests(arguments):
    setup = Setup()
    setup.make("test")
    if "--quick" in arguments:
        arguments = [argument for argument in arguments if argument != "--quick"] + list(QUICK)
    elif not needs.find_chromium():
        say("No Chromium was found; " + needs.GET_CHROMIUM)
    options, extra = [], {}
    if (os.cpu_count() or 1) > 1 and not any(argument.startswith(("-n", "--pdb", "-s")) for argument in arguments):
        # Two processes, a file of tests at a time in each; the files that take longest come first (tests/conftest.py).
        options = ["-n", "2", "--dist", "loadfile", "--no-loadscope-reorder"]
        extra["OMP_NUM_THREADS"] = os.environ.get("OMP_NUM_THREADS", str(max(1, os.cpu_count() // 2)))
    return programs.attend([setup.python, "-m", "pytest"] + options + arguments, extra)[0]


def parse(arguments):
    """The options behind lab.py.  Raises: Refused where they do not fit each other."""
    parser = argparse.ArgumentParser(
        prog="lab.py",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        usage=argparse.SUPPRESS,
    )
    verbs = ["test", "app", "book", "setup", "doctor", "export", "reset", "wheelhouse", "badge"]
    parser.add_argument("verb", nargs="?", choices=verbs, help=argparse.SUPPRESS)
    # The folder of "book", the lesson of "reset", the photos of "app".
    parser.add_argument("out", nargs="?", help=argparse.SUPPRESS)
    parser.add_argument("--no-browser", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, default=8888, help=argparse.SUPPRESS)
    parser.add_argument("--gpu", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--wheelhouse", metavar="FOLDER", help=argparse.SUPPRESS)
    for option in FILES_OF_OWN:
        parser.add_argument(option, help=argparse.SUPPRESS)
    parser.add_argument("--notebook", help=argparse.SUPPRESS)  # another notebook for "app" to serve
    parser.add_argument("--lessons", help=argparse.SUPPRESS)  # a small site, such as 00,04
    parser.add_argument("--slides", action="store_true", help=argparse.SUPPRESS)
    options, more = parser.parse_known_args(arguments)
    if len(more) == 1 and options.out is None and not more[0].startswith("-"):
        options.out = more[0]  # options stood between a verb and its name, which argparse cannot read
    elif more:
        parser.error("unrecognized arguments: " + " ".join(more))
    verb = options.verb
    if verb in TAKES and not options.out:
        raise Refused("%r needs %s: 'lab.py %s %s'." % (verb, TAKES[verb], verb, EXAMPLES[verb]))
    if verb not in TAKES and verb != "app" and options.out:
        raise Refused("Only 'book', 'wheelhouse', 'reset' and 'app' take a name, got %r." % options.out)
    if verb != "book" and (options.lessons or options.slides):
        raise Refused("Only 'book' takes lessons and slides, got %r." % (options.lessons or "--slides"))
    if verb not in (None, "app", "setup") and (options.gpu or options.wheelhouse is not None):
        raise Refused("--gpu and --wheelhouse are for 'lab.py', 'lab.py app' and 'lab.py setup'.")
    if options.gpu and options.wheelhouse is not None:
        raise Refused("A wheelhouse holds PyTorch's CPU build: leave out --gpu or --wheelhouse.")
    options.own = own_things(options)
    if not 1 <= options.port <= 65535:
        raise Refused("A port is a number from 1 to 65535, got %d." % options.port)
    return options


def own_things(options):
    """The words for "app" that name what is one's own.  Raises: Refused where something is not there."""
    words = []
    if options.verb == "app" and options.out is not None:
        if not os.path.isdir(options.out):
            raise Refused("There is no folder of photos %r." % options.out)
        words += ["--data", os.path.abspath(options.out)]
    for option in FILES_OF_OWN:
        path = getattr(options, option[2:])
        if path is not None and options.verb != "app":
            raise Refused("Only 'app' takes a network, an audit and grades, got %s." % option)
        if path is not None and not os.path.isfile(path):
            raise Refused("There is no file %r for %s." % (path, option))
        words += [] if path is None else [option, os.path.abspath(path)]
    return words + ["--here", os.getcwd()] if words else []


def main(arguments):
    if arguments[:1] == ["test"]:
        refuse_unfit_machine()
        return run_tests(arguments[1:])
    if arguments[:1] == ["export"] and not {"-h", "--help"} & set(arguments):
        refuse_unfit_machine()
        given = [one if one.startswith("-") else os.path.abspath(one) for one in arguments[1:]]
        return start(Setup(), "handout", given)
    options = parse(arguments)
    if options.verb == "doctor":
        return doctor()
    if options.verb == "badge":
        return badge.write_badges(HERE)
    if options.verb == "reset":
        return copies.reset(HERE, options.out)
    refuse_unfit_machine()
    if options.verb == "wheelhouse":
        return wheelhouse.fill(Setup(), os.path.abspath(options.out))
    if options.verb == "book":
        more = ["--lessons", options.lessons] if options.lessons else []
        more += ["--slides"] if options.slides else []
        return start(Setup(), "book", more + ["--", os.path.abspath(options.out)], "test")
    folder = None if options.wheelhouse is None else os.path.abspath(options.wheelhouse)
    setup = Setup(gpu=options.gpu, folder=folder)
    if options.verb == "setup":
        setup.make("run")
        return 0
    how = ["--port", str(options.port)] + (["--no-browser"] if options.no_browser else [])
    if options.verb == "app":
        shown = EXPLORER_OF_OWN if options.own else EXPLORER
        notebook = os.path.abspath(options.notebook or os.path.join(HERE, shown))
        if not os.path.isfile(notebook):
            raise Refused("The notebook of the app is missing: %s." % notebook)
        return start(setup, "app", [*how, *options.own, "--", notebook])
    return start(setup, "notebooks", how)


def start(setup, module, arguments, kind="run"):
    """Set everything up, then run a module of osnet_edu/lab inside the environment until it ends or Ctrl-C ends it."""
    setup.make(kind)
    status, interrupted = programs.attend([setup.python, "-m", "osnet_edu.lab." + module] + arguments)
    return 0 if interrupted else status


def end_at_once(*_):
    """On a polite kill, unwind, so that children are ended too."""
    sys.exit(143)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, end_at_once)
    ending.run_program(main, sys.argv[1:], stopped="\nlab.py: stopped. Run it again and it takes up the work.\n")
