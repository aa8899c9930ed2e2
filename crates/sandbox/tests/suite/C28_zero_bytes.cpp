//: attacks: readers of texts, by control characters and trigraphs in the source
//: profile: compile
//: endings: exit *
??=include <cstdio>
int main() { puts("??/n"); /* ‮ } evil { ‬ */ return 0;   }
