#include <cstdio>

int main() {
    long here = 0, next = 1;
    for (int n = 0; n < $n; ++n) {
        std::printf(n == 0 ? "%ld" : " %ld", here);
        long after = here + next;
        here = next;
        next = after;
    }
    std::puts("");
}
