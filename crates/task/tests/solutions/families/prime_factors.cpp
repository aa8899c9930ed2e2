#include <cstdio>

int main() {
    bool first = true;
    int n = $n;
    for (int d = 2; n > 1; ++d) {
        for (; n % d == 0; n /= d) {
            std::printf(first ? "%d" : " %d", d);
            first = false;
        }
    }
    std::puts("");
}
