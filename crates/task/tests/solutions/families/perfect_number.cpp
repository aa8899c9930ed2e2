#include <cstdio>

int main() {
    const int n = $n;
    int sum = 0;
    for (int d = 1; d < n; ++d) {
        sum += n % d == 0 ? d : 0;
    }
    std::puts(sum == n ? "perfect" : sum > n ? "abundant" : "deficient");
}
