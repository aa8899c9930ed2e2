#include <cstdio>

int main() {
    for (int n = 1; n <= 5; ++n) {
        std::printf("%d\n", n);
    }
}
