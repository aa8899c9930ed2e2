//: attacks: a harness that starts its clock in main, by never coming there
//: profile: run
//: alone: yes
//: endings: cpu
struct Early { Early() { signal(SIGXCPU, SIG_IGN); spin(); } } early;
int main() { return 0; }
