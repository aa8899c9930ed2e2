#include <cstdio>

int main() {
    int here = 0, next = 1;
    for (int n = 0; n < 10; ++n) {
        std::printf("%d ", here);
        int after = here + next;
        here = next;
        next = after;
    }
    std::printf("\n");
}
