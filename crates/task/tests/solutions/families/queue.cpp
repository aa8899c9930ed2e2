#include <cstdio>
#include <deque>

int main() {
    std::deque<int> queue;
    for (const char *step : {$steps}) {
        int number;
        if (std::sscanf(step, "enqueue %d", &number) == 1) {
            queue.push_back(number);
        } else {
            queue.pop_front();
        }
    }
    for (std::size_t at = 0; at < queue.size(); ++at) {
        std::printf(at == 0 ? "%d" : " %d", queue[at]);
    }
    std::puts("");
}
