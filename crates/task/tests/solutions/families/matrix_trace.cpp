#include <cstdio>

int main() {
    const int matrix[$n][$n] = {$matrix};
    int trace = 0;
    for (int at = 0; at < $n; ++at) {
        trace += matrix[at][at];
    }
    std::printf("%d\n", trace);
}
