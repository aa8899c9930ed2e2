#: attacks: the terminal of whoever reads the output, by escape codes, zero bytes and broken text
#: profile: run
#: endings: exit 0
#: prints: [2J
os.write(1, b"\x1b]0;title\x07\x1b[2J\x1b]52;c;eA==\x07\x1bP+q\x1b\\\0\xff\xfe\x80\xc0\xaf\r\n")
