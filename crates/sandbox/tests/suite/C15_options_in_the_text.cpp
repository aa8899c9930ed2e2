//: attacks: the command line, by pragmas and attributes that bring options of their own
//: profile: compile
//: endings: exit *
//: never: reached
#pragma GCC optimize("-fplugin=/box/main.cpp")
#pragma GCC optimize("-wrapper /bin/sh,-c")
#pragma GCC target("arch=native")
#pragma comment(linker, "/include:x")
#pragma GCC pch_preprocess "/etc/passwd"
#pragma GCC dependency "/etc/passwd"
__attribute__((optimize("-o/box/x"))) int f() { return 0; }
int main() { return f(); }
