#include <cstdio>
#include <numeric>

int main() {
    std::printf("%d\n", std::lcm($a, $b));
}
