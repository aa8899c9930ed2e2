// The steps of crates/llama/benches/rows.rs, by calls of llama.cpp alone: direct MODEL THREADS ROUNDS N,N,N
//
// Same depth, same parameters, same lines of JSON. Only the choice of a token from each row is left out.

#include "llama.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <string>
#include <vector>

static const int DEPTH = 16;

struct Sequences {
    llama_context * context;
    llama_batch batch;
    llama_token token;
    int n_all;

    Sequences(llama_model * model, int n_sequences, int most, int threads) : n_all(n_sequences) {
        llama_context_params params = llama_context_default_params();
        // A stream of the cache has a multiple of 256 cells.
        params.n_ctx = (DEPTH + most + 255) / 256 * 256 * n_sequences;
        params.n_seq_max = n_sequences;
        params.n_threads = params.n_threads_batch = threads;
        params.kv_unified = false;
        params.no_perf = true;
        context = llama_init_from_model(model, params);
        if (!context) {
            std::fprintf(stderr, "error: llama.cpp made no context of %d sequences\n", n_sequences);
            std::exit(1);
        }
        token = llama_vocab_n_tokens(llama_model_get_vocab(model)) / 2;
        batch = llama_batch_init(DEPTH + n_sequences * most, 0, 1);
        for (int sequence = 0; sequence < n_sequences; sequence++) {
            batch.n_tokens = 0;
            add(sequence, 0, DEPTH, false);
            decode();
        }
    }

    void add(int sequence, int position, int n_tokens, bool wanted) {
        for (int i = 0; i < n_tokens; i++) {
            const int at = batch.n_tokens++;
            batch.token[at] = token;
            batch.pos[at] = position + i;
            batch.n_seq_id[at] = 1;
            batch.seq_id[at][0] = sequence;
            batch.logits[at] = wanted;
        }
    }

    void decode() {
        if (llama_decode(context, batch) != 0) {
            std::fprintf(stderr, "error: llama.cpp did not decode %d tokens\n", batch.n_tokens);
            std::exit(1);
        }
    }

    long long step(int n_sequences, int n_tokens) {
        batch.n_tokens = 0;
        for (int sequence = 0; sequence < n_sequences; sequence++) {
            add(sequence, DEPTH, n_tokens, true);
        }
        const auto started = std::chrono::steady_clock::now();
        decode();
        llama_synchronize(context);
        const auto took = std::chrono::steady_clock::now() - started;
        for (int sequence = 0; sequence < n_all; sequence++) {
            llama_memory_seq_rm(llama_get_memory(context), sequence, DEPTH, -1);
        }
        return std::chrono::duration_cast<std::chrono::nanoseconds>(took).count();
    }
};

static std::string list(const std::vector<long long> & values) {
    std::ostringstream text;
    for (size_t i = 0; i < values.size(); i++) {
        text << (i ? "," : "") << values[i];
    }
    return text.str();
}

int main(int argc, char ** argv) {
    if (argc != 5) {
        std::fprintf(stderr, "usage: direct MODEL THREADS ROUNDS N,N,N\n");
        return 2;
    }
    const int threads = std::atoi(argv[2]), rounds = std::atoi(argv[3]);
    std::vector<int> rows;
    std::istringstream words(argv[4]);
    for (std::string word; std::getline(words, word, ',');) {
        rows.push_back(std::max(1, std::atoi(word.c_str())));
    }
    llama_log_set([](ggml_log_level level, const char * text, void *) {
        if (level >= GGML_LOG_LEVEL_ERROR) std::fputs(text, stderr);
    }, nullptr);
    llama_backend_init();
    llama_model * model = llama_model_load_from_file(argv[1], llama_model_default_params());
    if (!model) {
        return 1;
    }
    const int most = *std::max_element(rows.begin(), rows.end());
    Sequences lanes(model, most, 1, threads), sequence(model, 1, most, threads);
    std::vector<std::vector<long long>> of_lanes(rows.size()), of_sequence(rows.size());
    for (int round = 0; round <= rounds; round++) {
        for (size_t i = 0; i < rows.size(); i++) {
            const long long side_by_side = lanes.step(rows[i], 1), ahead = sequence.step(1, rows[i]);
            if (round > 0) {
                of_lanes[i].push_back(side_by_side);
                of_sequence[i].push_back(ahead);
            }
        }
    }
    for (size_t i = 0; i < rows.size(); i++) {
        std::printf("{\"rows\":%d,\"lanes_ns\":[%s],\"sequence_ns\":[%s]}\n", rows[i], list(of_lanes[i]).c_str(),
            list(of_sequence[i]).c_str());
    }
}
