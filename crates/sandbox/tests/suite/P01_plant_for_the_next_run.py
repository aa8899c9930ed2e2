#: attacks: the next run, by files in every folder that a cache might use
#: profile: run
#: endings: exit 0
#: twice: yes
folders = ["/box", "/tmp", os.path.expanduser("~"), "/var/tmp", "/dev/shm"]
for folder in folders:
    attempt("find", lambda: os.stat(folder + "/.planted"))
for folder in folders:
    try:
        open(folder + "/.planted", "w").close()
        os.makedirs(folder + "/.cache/ccache", exist_ok=True)
    except OSError:
        pass
