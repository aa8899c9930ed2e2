//: attacks: files of the host, by the assembler, which the preprocessor does not see
//: profile: compile
//: endings: exit 1
//: never: root:
//: collect: program
//: collected:
asm(".incbin \"/proc/1/environ\"");
asm(".incbin \"/etc/shadow\"");
asm(".include \"/etc/passwd\"");
int main() {}
