import pytest, unio, os, traceback
from python_scenes import publish
def test_x(registry, work):
    import code
    ns = dict(globals())
    for block in open(os.environ["SNIP"]).read().split("\n---\n"):
        print(">>>", block)
        try:
            try: 
                r = eval(block, ns); print(repr(r))
            except SyntaxError:
                exec(block, ns)
        except BaseException as e:
            print("!!", type(e).__mro__[:3], str(e))
