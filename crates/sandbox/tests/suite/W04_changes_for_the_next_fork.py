#: attacks: the next run of a warm interpreter, by changing everything that both could share
#: profile: run
#: endings: exit 0
#: twice: yes
import builtins
import json
import signal

assert json.loads("[1]") == [1] and len("ab") == 2 and builtins.print is print
assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
assert "planted" not in sys.modules and not hasattr(sys, "planted") and "PLANTED" not in os.environ
assert sys.getrecursionlimit() == 1000 and sys.gettrace() is None
assert os.umask(0) == 0o022
json.loads = json.JSONDecoder.decode = None
builtins.len = lambda thing: 0
sys.planted = sys.modules["planted"] = object()
os.environ["PLANTED"] = "x"
sys.setrecursionlimit(50000)
signal.signal(signal.SIGTERM, signal.SIG_IGN)
sys.path.insert(0, "/box")
os.chdir("/")
