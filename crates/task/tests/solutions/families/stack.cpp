#include <cstdio>
#include <vector>

int main() {
    std::vector<int> stack;
    for (const char *step : {$steps}) {
        int number;
        if (std::sscanf(step, "push %d", &number) == 1) {
            stack.push_back(number);
        } else {
            stack.pop_back();
        }
    }
    for (std::size_t at = 0; at < stack.size(); ++at) {
        std::printf(at == 0 ? "%d" : " %d", stack[at]);
    }
    std::puts("");
}
