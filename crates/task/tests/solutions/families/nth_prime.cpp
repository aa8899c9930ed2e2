#include <cstdio>
#include <vector>

int main() {
    std::vector<int> primes;
    for (int n = 2; primes.size() < $n; ++n) {
        bool prime = true;
        for (int known : primes) {
            prime = prime && n % known != 0;
        }
        if (prime) {
            primes.push_back(n);
        }
    }
    std::printf("%d\n", primes.back());
}
