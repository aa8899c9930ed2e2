# -*- coding: zlib_codec -*-
#: attacks: the reader of sources, by an encoding that would run code or unpack a bomb
#: profile: compile
#: endings: exit 1
#: says: Error
x = 1
