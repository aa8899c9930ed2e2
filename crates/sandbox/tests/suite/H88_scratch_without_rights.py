#: attacks: the collector, by taking away everybody's rights to the scratch folder
#: profile: run
#: endings: exit 0
#: collect: out
#: collected:
#: t2-endings: exit 1
#: t2-collected: out
with open("out", "w") as file:
    file.write("x")
os.chmod("out", 0)
os.chmod("/box", 0)
