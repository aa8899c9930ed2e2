//! Every protocol against sums computed one row at a time, by formulas that are not those of the product.

use std::sync::atomic::{AtomicBool, Ordering};

use bench::plan::PerplexityPlan;
use bench::run::{Ended, Material};
use bench::text::{Content, wikitext};
use bench::{Desk, Error, Protocol, Text, Watcher, run};
use engine::toy::{Bytes, F16, Toy};
use engine::{Feed, Logits, Model, SessionShape, Token, Tokenizer};
use ledger::{Run, RunFolder};
use measure::FakeClock;
use serde_json::json;

use super::{folder, header, subject, values};
use crate::Plan;

const START: Token = 256;

fn plan(protocol: Protocol, edit: impl FnOnce(&mut PerplexityPlan)) -> Plan {
    let mut plan = Plan::smoke(42, 1);
    (plan.code, plan.memory, plan.latency) = (None, None, None);
    let mut perplexity = PerplexityPlan {
        protocol,
        ..PerplexityPlan::passages(&[])
    };
    edit(&mut perplexity);
    plan.perplexity = Some(perplexity);
    plan
}

/// A text of printable noise.
fn noise(n: usize) -> String {
    let letter = |i: usize| (b'a' + ((i * i + 7 * i) % 26) as u8) as char;
    (0..n).map(letter).collect()
}

fn read(name: &str, bytes: &[u8]) -> Text {
    Text::read(name, bytes, "text").unwrap()
}

/// Stops the run after so many units.
struct StopAfter<'a>(u64, &'a AtomicBool);

impl Watcher for StopAfter<'_> {
    fn begin(&mut self, _: &str, _: u64) {}
    fn advance(&mut self, _: u64, _: &str) {
        self.0 = self.0.saturating_sub(1);
        self.1.store(self.0 == 0, Ordering::Relaxed);
    }
}

/// Scores texts in a folder, at most so many chunks at once.
fn scored(
    root: &std::path::Path,
    model: &Toy,
    plan: &Plan,
    texts: &[Text],
    most: u64,
) -> Result<(Ended, Run), Error> {
    let (mut folder, earlier) = match RunFolder::open(&root.join("run")) {
        Ok(found) => found,
        Err(_) => {
            let folder = RunFolder::create(root, &header("run")).unwrap();
            (folder, Run::new(header("run")))
        }
    };
    let stop = AtomicBool::new(false);
    let material = Material {
        texts,
        ..Material::default()
    };
    let mut desk = Desk {
        folder: &mut folder,
        earlier: &earlier,
        clock: &FakeClock::stepping(1),
        sandbox: None,
        fast_ways: None,
        precedents: None,
        threads: 1,
        stop: &stop,
        watcher: &mut StopAfter(most, &stop),
        meter: None,
    };
    let ended = run::alone(&subject("one", model), plan, material, &mut desk)?;
    drop(folder);
    Ok((ended, ledger::read(&root.join("run")).unwrap()))
}

fn whole(model: &Toy, plan: &Plan, text: &Text) -> Result<Run, Error> {
    let folder = folder();
    let (ended, run) = scored(
        folder.path(),
        model,
        plan,
        std::slice::from_ref(text),
        u64::MAX,
    )?;
    assert_eq!(ended, Ended::Complete);
    Ok(run)
}

fn list(run: &Run, metric: &str) -> Vec<f64> {
    let found = values(run, metric);
    for (i, measurement) in found.iter().enumerate() {
        assert_eq!(
            measurement.conditions["chunk"],
            json!(i),
            "in order, each once"
        );
    }
    found.iter().flat_map(|m| m.values.clone()).collect()
}

/// −ln p of a token after a context, from one row.
fn nats(model: &Toy, context: &[Token], token: Token) -> f64 {
    let shape = SessionShape {
        n_sequences: 1,
        capacity: context.len(),
        cache: F16,
    };
    let feed = Feed {
        sequence: 0,
        tokens: context,
        logits: Logits::Last,
    };
    let mut found = f64::NAN;
    let mut session = model.open(shape).unwrap();
    session
        .feed(&[feed], &mut |row| {
            let total: f64 = row.logits.iter().map(|l| f64::from(*l).exp()).sum();
            found = total.ln() - f64::from(row.logits[token as usize]);
        })
        .unwrap();
    found
}

#[track_caller]
fn assert_near(found: &[f64], wanted: &[f64]) {
    assert_eq!(found.len(), wanted.len(), "{found:?}\n{wanted:?}");
    for (found, wanted) in found.iter().zip(wanted) {
        assert!(
            (found - wanted).abs() < 1e-5 * wanted,
            "{found}, not {wanted}"
        );
    }
}

#[test]
fn llama_cpp_scores_the_second_half_of_each_chunk_behind_a_start_token() {
    let (model, letters) = (Toy::new(3), noise(50));
    // The line break at the end is not read.
    let text = read("noise.txt", format!("{letters}\n").as_bytes());
    for n in [8, 7] {
        let run = whole(
            &model,
            &plan(Protocol::LlamaCpp, |p| p.context = Some(n)),
            &text,
        )
        .unwrap();
        let stream: Vec<Token> = [START]
            .into_iter()
            .chain(letters.bytes().map(Token::from))
            .collect();
        let chunks: Vec<&[Token]> = stream.chunks_exact(n).collect();
        let wanted: Vec<f64> = chunks
            .iter()
            .map(|chunk| {
                let fed: Vec<Token> = [&[START], &chunk[1..]].concat();
                (n / 2 + 1..n)
                    .map(|i| nats(&model, &fed[..i], fed[i]))
                    .sum()
            })
            .collect();
        assert_near(&list(&run, "passage_nats"), &wanted);
        let n_scored = (n - n / 2 - 1) as f64;
        assert_eq!(list(&run, "passage_tokens"), vec![n_scored; chunks.len()]);
        assert_eq!(list(&run, "passage_bytes"), vec![n_scored; chunks.len()]);
        assert_eq!(values(&run, "start_tokens")[0].values, [1.0]);
        let conditions = &values(&run, "passage_nats")[0].conditions;
        assert_eq!(conditions["protocol"], "llama-cpp");
        assert_eq!(conditions["context_tokens"], json!(n));
        assert_eq!(conditions["text_sha256"], json!(text.sha256));
    }
}

#[test]
fn gptq_scores_every_token_of_a_chunk_but_its_first() {
    let (model, letters) = (Toy::new(4), noise(41));
    let ids: Vec<Token> = letters.bytes().map(Token::from).collect();
    let data: Vec<u8> = ids
        .iter()
        .flat_map(|id| (*id as u16).to_le_bytes())
        .collect();
    let head = format!(
        "{{'descr': '<u2', 'fortran_order': False, 'shape': ({},), }}\n",
        ids.len()
    );
    let mut npy = b"\x93NUMPY\x01\x00".to_vec();
    npy.extend((head.len() as u16).to_le_bytes());
    npy.extend([head.as_bytes(), &data].concat());
    let with_start: Vec<Token> = [&[START][..], &ids].concat();
    for (text, stream, n_start) in [
        (read("noise.txt", letters.as_bytes()), with_start, 1.0),
        (read("noise.npy", &npy), ids, 0.0),
    ] {
        let run = whole(
            &model,
            &plan(Protocol::Gptq, |p| p.context = Some(9)),
            &text,
        )
        .unwrap();
        let wanted: Vec<f64> = stream
            .chunks_exact(9)
            .map(|chunk| (1..9).map(|i| nats(&model, &chunk[..i], chunk[i])).sum())
            .collect();
        assert_eq!(wanted.len(), 4);
        assert_near(&list(&run, "passage_nats"), &wanted);
        assert_eq!(values(&run, "start_tokens")[0].values, [n_start]);
    }
}

#[test]
fn rows_score_every_token_of_a_window_and_overlapping_ones_are_one_block() {
    let (model, letters) = (Toy::new(6), noise(40));
    let text = read("noise.txt", letters.as_bytes());
    let stream: Vec<Token> = [START]
        .into_iter()
        .chain(letters.bytes().map(Token::from))
        .collect();
    let row = |begin: usize| -> f64 {
        (begin + 1..=begin + 8)
            .map(|place| nats(&model, &stream[begin..place], stream[place]))
            .sum()
    };
    let cut = |stride, limit| {
        move |p: &mut PerplexityPlan| {
            (p.context, p.stride, p.limit_chunks) = (Some(8), stride, limit);
        }
    };
    let run = whole(&model, &plan(Protocol::Rows, cut(None, None)), &text).unwrap();
    assert_near(&list(&run, "passage_nats"), &[0, 8, 16, 24, 32].map(row));
    assert_eq!(list(&run, "passage_tokens"), [8.0; 5]);

    // Ten windows one step apart: eight begin within the first context, two within the second.
    let run = whole(&model, &plan(Protocol::Rows, cut(Some(1), Some(10))), &text).unwrap();
    let sums = [(0..8).map(row).sum(), (8..10).map(row).sum()];
    assert_near(&list(&run, "passage_nats"), &sums);
    assert_eq!(list(&run, "passage_tokens"), [64.0, 16.0]);
    let conditions = &values(&run, "passage_nats")[0].conditions;
    assert_eq!(conditions["stride_tokens"], json!(1));
}

#[test]
fn sliding_windows_score_every_token_once_in_the_first_window_that_reaches_it() {
    let (model, letters) = (Toy::new(5), noise(60));
    let text = read("noise.txt", letters.as_bytes());
    let stream: Vec<Token> = [START]
        .into_iter()
        .chain(letters.bytes().map(Token::from))
        .collect();
    for (context, stride) in [(16, 8), (16, 15), (16, 5), (8, 1), (61, 30)] {
        let cut = |p: &mut PerplexityPlan| (p.context, p.stride) = (Some(context), Some(stride));
        let run = whole(&model, &plan(Protocol::Sliding, cut), &text).unwrap();
        let wanted: f64 = (1..stream.len())
            .map(|place| {
                let window = (place + 1).saturating_sub(context).div_ceil(stride);
                nats(&model, &stream[window * stride..place], stream[place])
            })
            .sum();
        let found: f64 = list(&run, "passage_nats").iter().sum();
        assert_near(&[found], &[wanted]);
        assert_eq!(list(&run, "passage_tokens").iter().sum::<f64>(), 60.0);
        let blocks = list(&run, "passage_tokens");
        let full = blocks[..blocks.len() - 1]
            .iter()
            .all(|n| *n + 1.0 >= context as f64);
        assert!(full, "a block scores about a context: {blocks:?}");
    }
}

#[test]
fn documents_are_scored_whole_in_windows_and_counted_as_they_were_written() {
    let model = Toy::new(6);
    let corpus = " = One = \n \n First words , here . \n \n = Two = \n \n Other words . \n";
    let text = read("wiki.raw", corpus.as_bytes());
    for most in [10, 4096] {
        let run = whole(
            &model,
            &plan(Protocol::LmEval, |p| p.context = Some(most)),
            &text,
        )
        .unwrap();
        let pages = wikitext::pages(corpus);
        let wanted: Vec<f64> = pages
            .iter()
            .map(|page| {
                let tokens: Vec<Token> =
                    wikitext::readable(page).bytes().map(Token::from).collect();
                let n = tokens.len();
                let one = |place: usize| {
                    let window = place / most;
                    let context = match window {
                        0 => [&[START], &tokens[..place]].concat(),
                        _ => {
                            let end = ((window + 1) * most).min(n);
                            tokens[end - most - 1..place].to_vec()
                        }
                    };
                    nats(&model, &context, tokens[place])
                };
                (0..n).map(one).sum()
            })
            .collect();
        assert_near(&list(&run, "passage_nats"), &wanted);
        let of =
            |count: fn(&str) -> usize| pages.iter().map(|p| count(p) as f64).collect::<Vec<_>>();
        assert_eq!(list(&run, "passage_bytes"), of(str::len));
        assert_eq!(list(&run, "passage_words"), of(wikitext::n_words));
    }
}

#[test]
fn wikitext_has_the_same_perplexity_as_a_file_as_rows_and_as_pages() {
    let corpus = " \n = One = \n \n First words , here . \n More words . \n \n \n = Two = \n \n Last words . \n \n";
    let lines = |documents: Vec<String>| -> Text {
        let line = |text: &String| format!("{}\n", json!({"text": text}));
        read(
            "wiki.jsonl",
            documents.iter().map(line).collect::<String>().as_bytes(),
        )
    };
    let row = |line: &str| match line {
        " " => String::new(),
        _ => format!("{line}\n"),
    };
    let rows = lines(corpus.lines().map(row).collect());
    let pages = lines(wikitext::pages(corpus));
    let model = Toy::new(6);
    for (protocol, context, n_blocks) in [
        (Protocol::LlamaCpp, 8, 10),
        (Protocol::Gptq, 8, 11),
        (Protocol::LmEval, 4096, 2),
    ] {
        let plan = plan(protocol, |p| p.context = Some(context));
        let found = |text: &Text| {
            let run = whole(&model, &plan, text).unwrap();
            let of = |metric| list(&run, metric);
            [
                of("passage_nats"),
                of("passage_tokens"),
                of("passage_bytes"),
            ]
        };
        let file = found(&read("wiki.raw", corpus.as_bytes()));
        assert_eq!(file[0].len(), n_blocks, "{protocol:?}");
        assert_eq!(found(&rows), file, "{protocol:?}");
        assert_eq!(found(&pages), file, "{protocol:?}");
    }
}

#[test]
fn a_run_stopped_after_any_chunk_goes_on_where_it_was() {
    let (model, text) = (Toy::new(7), read("noise.txt", noise(64).as_bytes()));
    let plan = plan(Protocol::LlamaCpp, |p| p.context = Some(8));
    let reference = whole(&model, &plan, &text).unwrap();
    let folder = folder();
    let mut ended = Ended::Interrupted;
    let mut rounds = 0;
    while ended == Ended::Interrupted {
        let (now, run) =
            scored(folder.path(), &model, &plan, std::slice::from_ref(&text), 3).unwrap();
        rounds += 1;
        assert!(
            values(&run, "passage_nats").len() <= 3 * rounds,
            "three at a time"
        );
        ended = now;
        if ended == Ended::Complete {
            assert_eq!(run.measurements, reference.measurements);
            assert_eq!(run.repeats, 0, "nothing was done twice");
        }
    }
    assert!(rounds >= 3, "{rounds}");
}

#[test]
fn only_the_first_chunks_are_scored_if_so_asked() {
    let (model, text) = (Toy::new(7), read("noise.txt", noise(64).as_bytes()));
    let few = plan(Protocol::LlamaCpp, |p| {
        (p.context, p.limit_chunks) = (Some(8), Some(2))
    });
    let all = plan(Protocol::LlamaCpp, |p| p.context = Some(8));
    let few = list(&whole(&model, &few, &text).unwrap(), "passage_nats");
    let all = list(&whole(&model, &all, &text).unwrap(), "passage_nats");
    assert_eq!((few.len(), all.len()), (2, 8));
    assert_eq!(few, all[..2]);
}

/// The refusal of a text under a protocol with these changes, which says all these words.
#[track_caller]
fn assert_refused(
    protocol: Protocol,
    lengths: (Option<usize>, Option<usize>),
    text: &Text,
    said: &[&str],
) {
    let plan = plan(protocol, |p| (p.context, p.stride) = lengths);
    let material = Material {
        texts: std::slice::from_ref(text),
        ..Material::default()
    };
    let refused = run::check(&subject("one", &Toy::new(1)), &plan, material);
    let error = refused.unwrap_err().to_string();
    for word in said {
        assert!(error.contains(word), "{word}: {error}");
    }
}

#[test]
fn what_is_too_short_or_too_long_is_refused_with_both_numbers() {
    let short = read("short.txt", b"only this");
    let usual = (None, None);
    let of = |n| (Some(n), None);
    let words = ["short.txt has 10 tokens", "needs 512", "--context"];
    assert_refused(Protocol::LlamaCpp, usual, &short, &words);
    assert_refused(
        Protocol::Gptq,
        usual,
        &short,
        &["has 10 tokens", "needs 2048"],
    );
    assert_refused(
        Protocol::Sliding,
        usual,
        &short,
        &["has 10 tokens", "needs 1024"],
    );
    let words = ["5000 tokens is longer than the 4096", "--context"];
    assert_refused(Protocol::LlamaCpp, of(5000), &short, &words);
    assert_refused(
        Protocol::LlamaCpp,
        of(2),
        &short,
        &["leave nothing to score"],
    );
    assert_refused(Protocol::Gptq, of(1), &short, &["leave nothing to score"]);
    for stride in [4, 5] {
        let lengths = (Some(4), Some(stride));
        assert_refused(
            Protocol::Sliding,
            lengths,
            &short,
            &["without any context in windows of 4"],
        );
    }
    let words = ["short.txt has 10 tokens", "needs 11"];
    assert_refused(Protocol::Rows, of(10), &short, &words);
    let far = (Some(4), Some(5));
    assert_refused(
        Protocol::Rows,
        far,
        &short,
        &["passes over tokens between rows of 4"],
    );
    let words = ["document 1 of short.txt has 9 tokens", "lm-eval"];
    assert_refused(Protocol::Passages, of(4), &short, &words);
}

#[test]
fn ids_of_another_tokenizer_and_ids_without_text_are_refused() {
    let mut ids = read("ids.txt", b"never read");
    let four = (Some(4), None);
    ids.content = Content::Tokens(vec![1, 2, 258, 4]);
    let words = ["id 258 at place 2", "vocabulary of 258"];
    assert_refused(Protocol::Gptq, four, &ids, &words);
    ids.content = Content::Tokens(vec![1, 2, 3]);
    assert_refused(Protocol::LmEval, four, &ids, &["holds token ids", "gptq"]);
    assert_refused(Protocol::Passages, four, &ids, &["holds token ids"]);
}

#[test]
fn the_toy_begins_its_texts_as_these_tests_say() {
    assert_eq!(Bytes.start(), Some(START));
}
