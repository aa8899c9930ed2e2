#include <algorithm>
#include <cstdio>

int main() {
    int here = -1000, best = -1000;
    for (int number : {$numbers}) {
        here = std::max(here + number, number);
        best = std::max(best, here);
    }
    std::printf("%d\n", best);
}
