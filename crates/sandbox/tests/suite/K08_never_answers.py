#: attacks: the other's patience, by never answering; its own wall has to end both
#: profile: run
#: endings: wall
#: limits: wall_ms=800
#: peer: exit 0
import time

time.sleep(1000)
