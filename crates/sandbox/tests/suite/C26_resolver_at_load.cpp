//: attacks: the run, by code that the loader runs before everything else
//: profile: compile
//: endings: exit 0
//: after: cpu
extern "C" int real() { return 0; }
extern "C" int (*resolve())() { for (volatile long i = 0;; i = i + 1) {} return real; }
extern "C" int indirect() __attribute__((ifunc("resolve")));
int main() { return indirect(); }
