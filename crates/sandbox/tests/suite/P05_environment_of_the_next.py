#: attacks: the next run, by the environment, the random hash and the working folder
#: profile: run
#: endings: exit 0
#: twice: yes
import tempfile

attempt("variable", lambda: os.environ["PLANTED"])
os.environ["PLANTED"] = "x"
assert os.listdir(".") == ["main.py"], os.listdir(".")
assert os.getcwd() == os.environ["HOME"] == tempfile.gettempdir()
for name in "abc":
    tempfile.mkstemp()
