# S13: answers each call twice, and once before it is called.
import sys
class Early:
    wire = sys.modules.get("whet_wire")
    try:
        wire.send(wire.encode((1, "value", True, None, 0), None)[0])
    except BaseException:
        pass
def entry_point(*args, **named):
    frame, solver = sys._getframe(), None
    while frame is not None:
        solver = frame.f_locals.get("self") or solver
        frame = frame.f_back
    for value in (True, True):
        try:
            solver.tell((solver.sequence, "value", value, None))
        except BaseException:
            pass
    return True
