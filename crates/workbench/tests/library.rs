//! The library on toy models: numbers as the program has them, errors that name what is wrong.

#![allow(
    clippy::unwrap_used,
    reason = "a failed step of a test is a failed test"
)]

#[path = "../examples/own_metric.rs"]
mod own_metric;

use std::path::PathBuf;

use workbench::{
    Benchmark, BenchmarkResult, BenchmarkRunner, Better, Error, LatencyBenchmark, MemoryBenchmark,
    Model, PerplexityBenchmark, Values,
};

/// A folder with two toys.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Place {
        let folder = tempfile::tempdir().unwrap();
        for (name, seed) in [("a", 7), ("b", 8)] {
            gguf::toy::write(folder.path().join(format!("{name}.gguf")), seed).unwrap();
        }
        Place(folder)
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn model(&self, name: &str) -> Model {
        Model::open_on(self.at(&format!("{name}.gguf")), 1).unwrap()
    }
}

#[test]
fn the_example_adds_a_metric_with_one_trait_in_fewer_than_sixty_lines() {
    let text = include_str!("../examples/own_metric.rs");
    assert!(text.lines().count() < 60, "{}", text.lines().count());
    let place = Place::new();
    let (a, b) = (place.model("a"), place.model("b"));
    let summary = own_metric::variety(&[&a, &b], &place.at("variety")).unwrap();
    let number = summary.number("variety", "different_words_share", "a");
    assert_eq!(number.n, 6);
    // Six equal values have no spread to draw an interval from.
    let are_equal = number.raw.iter().all(|value| *value == number.raw[0]);
    assert!((0.0..=1.0).contains(&number.value.unwrap()), "{number:?}");
    assert_eq!(number.interval.is_none(), are_equal, "{number:?}");
    assert!(summary.text().contains("variety"), "{}", summary.text());
    let report = std::fs::read_to_string(place.at("variety").join("report.html")).unwrap();
    assert!(report.contains("different_words_share"));
    let row = &summary.card.sections[0].rows[0];
    assert_eq!(row.better, Better::Higher);
    let found = &row.comparisons[0];
    assert!(
        found.n == 6 && found.p.is_some(),
        "answers to one question are a pair: {found:?}"
    );
}

#[test]
fn a_record_says_of_engine_and_machine_what_one_of_the_program_says() {
    let place = Place::new();
    own_metric::variety(&[&place.model("a")], &place.at("variety")).unwrap();
    let header = ledger::read(&place.at("variety")).unwrap().header;
    let known: Vec<String> = bench::machine().into_keys().collect();
    assert_eq!(header.machine.into_keys().collect::<Vec<_>>(), known);
    let mut engine = llama::facts();
    engine.insert("threads".to_owned(), 1.into());
    assert_eq!(header.engine, engine);
}

#[test]
fn values_need_an_id_each_or_none() {
    struct Numbered(&'static [&'static str]);
    impl Benchmark for Numbered {
        fn id(&self) -> &str {
            "numbered"
        }
        fn run(
            &self,
            _: &Model,
        ) -> Result<BenchmarkResult, Box<dyn std::error::Error + Send + Sync>> {
            let values = Values::from(vec![1.0, 2.0]).of(self.0.iter().copied());
            Ok(BenchmarkResult::new(self.id()).with("x", values))
        }
    }
    let place = Place::new();
    let model = place.model("a");
    let run = |name: &str, ids| {
        BenchmarkRunner::new(place.at(name))
            .with(Numbered(ids))
            .run(&[&model])
    };
    let few = run("one", &["a"]).unwrap_err().to_string();
    assert!(
        few.contains("numbered has for x 1 ids for 2 values"),
        "{few}"
    );
    let twice = run("two", &["a", "a"]).unwrap_err().to_string();
    assert!(twice.contains("an id that stands twice"), "{twice}");
    assert_eq!(
        run("three", &["a", "b"])
            .unwrap()
            .number("numbered", "x", "a")
            .n,
        2
    );
    assert!(run("four", &[]).is_ok());
}

#[test]
fn a_perplexity_alone_is_that_of_a_run_with_others() {
    let place = Place::new();
    let model = place.model("a");
    let prose = PerplexityBenchmark::bundled("prose")
        .unwrap()
        .num_batches(5);
    let alone = prose.run(&model).unwrap();
    assert_eq!((alone.text.as_str(), alone.perplexity.n), ("prose", 5));
    let value = alone.perplexity.value.unwrap();
    assert!(value > 1.0 && alone.perplexity.interval.unwrap().contains(value));
    assert!(
        alone.perplexity.to_string().contains('['),
        "{}",
        alone.perplexity
    );
    let code = PerplexityBenchmark::bundled("code").unwrap().num_batches(5);
    let both = BenchmarkRunner::new(place.at("run"))
        .perplexity(prose)
        .perplexity(code);
    let both = both.run(&[&model]).unwrap().perplexity("a");
    assert_eq!(both[0], alone);
    assert_ne!(both[1].perplexity.value, alone.perplexity.value);
}

#[test]
fn a_file_is_cut_into_blocks() {
    let place = Place::new();
    std::fs::write(
        place.at("mine.txt"),
        "So it goes, and so it went. ".repeat(40),
    )
    .unwrap();
    let benchmark = PerplexityBenchmark::file(place.at("mine.txt")).unwrap();
    let result = benchmark
        .block_size(64)
        .num_batches(6)
        .run(&place.model("a"))
        .unwrap();
    assert_eq!(result.perplexity.n, 6);
    assert!(
        result.perplexity.value.is_some(),
        "{:?}",
        result.perplexity.reason
    );
}

#[test]
fn speed_and_memory_have_a_result_for_every_combination() {
    let place = Place::new();
    let (a, b) = (place.model("a"), place.model("b"));
    let speed = LatencyBenchmark::new(&[16, 32], &[4, 8])
        .batch_sizes(&[1, 2])
        .warmup_runs(1)
        .timed_runs(2);
    let memory = MemoryBenchmark::new(&[64, 128], &["f16", "q8_0"]);
    let runner = BenchmarkRunner::new(place.at("run"))
        .latency(speed)
        .memory(memory);
    let summary = runner.run(&[&a, &b]).unwrap();
    for model in ["a", "b"] {
        let speeds = summary.latency(model);
        assert_eq!(speeds.len(), 8);
        for row in &speeds {
            assert!(row.decode_tokens_per_s.value.unwrap() > 0.0, "{row:?}");
            assert!(row.prefill_tokens_per_s.value.unwrap() > 0.0, "{row:?}");
            assert!(
                row.end_to_end_ns.value >= row.time_to_first_token_ns.value,
                "{row:?}"
            );
            assert_eq!(row.decode_tokens_per_s.n, 2);
        }
        let sizes = summary.memory(model);
        let logical: Vec<f64> = sizes
            .iter()
            .map(|row| row.kv_logical_bytes.value.unwrap())
            .collect();
        assert_eq!(logical.len(), 4);
        assert_eq!(
            logical[2],
            2.0 * logical[0],
            "twice the context: {logical:?}"
        );
        assert!(logical[1] < logical[0], "q8_0 is smaller: {logical:?}");
    }
}

/// How much of each of these files is mapped while a model is measured.
struct Mapped(Vec<PathBuf>);

impl Benchmark for Mapped {
    fn id(&self) -> &str {
        "mapped"
    }

    fn run(
        &self,
        model: &Model,
    ) -> Result<BenchmarkResult, Box<dyn std::error::Error + Send + Sync>> {
        model.answer("Count to ten", 2)?;
        let maps = std::fs::read_to_string("/proc/self/maps")?;
        let lines = |path: &PathBuf| {
            let path = path.to_string_lossy().into_owned();
            maps.lines().filter(|line| line.ends_with(&path)).count() as f64
        };
        let all: Vec<f64> = self.0.iter().map(lines).collect();
        Ok(BenchmarkResult::new(self.id()).with("mappings", all))
    }
}

#[test]
fn a_model_is_alone_in_memory_while_it_is_measured() {
    let place = Place::new();
    let (a, b) = (place.model("a"), place.model("b"));
    let files = ["a.gguf", "b.gguf"].map(|name| place.at(name));
    let runner = BenchmarkRunner::new(place.at("run")).with(Mapped(files.into()));
    runner.run(&[&a, &b]).unwrap();
    let run = ledger::read(&place.at("run")).unwrap();
    let mappings = |model: &str| {
        let mut all = run.measurements.iter();
        let found = all.find(|found| found.model == model && found.metric == "mappings");
        found.unwrap().values.clone()
    };
    let (of_a, of_b) = (mappings("a"), mappings("b"));
    assert!(of_a[0] > 0.0 && of_a[1] == 0.0, "{of_a:?}");
    assert!(of_b[1] > 0.0 && of_b[0] == 0.0, "{of_b:?}");
    // What was put aside comes back as it was.
    let again = a.answer("Count to ten", 8).unwrap().text;
    assert_eq!(
        again,
        place.model("a").answer("Count to ten", 8).unwrap().text
    );
}

#[test]
fn a_model_that_was_put_aside_and_whose_file_is_gone_is_an_error() {
    let place = Place::new();
    let model = place.model("a");
    model.answer("Hello", 2).unwrap();
    model.put_aside();
    std::fs::remove_file(place.at("a.gguf")).unwrap();
    let error = model.answer("Hello", 2).unwrap_err();
    assert!(error.to_string().contains("a.gguf"), "{error}");
}

struct Named(&'static str, &'static str, Vec<f64>);

impl Benchmark for Named {
    fn id(&self) -> &str {
        self.0
    }

    fn run(&self, _: &Model) -> Result<BenchmarkResult, Box<dyn std::error::Error + Send + Sync>> {
        match self.2.as_slice() {
            [] => Err("the probe is not plugged in".into()),
            values => Ok(BenchmarkResult::new(self.0).with(self.1, values.to_vec())),
        }
    }
}

#[test]
fn names_that_mean_something_else_and_failures_are_told() {
    let place = Place::new();
    let model = place.model("a");
    let said = |name: &str, own: Named| {
        let run = BenchmarkRunner::new(place.at(name))
            .with(own)
            .run(&[&model]);
        run.unwrap_err().to_string()
    };
    let taken = said("one", Named("latency", "x", vec![1.0]));
    assert!(taken.contains("must not be called latency"), "{taken}");
    let metric = said("two", Named("mine", "perplexity", vec![1.0]));
    assert!(metric.contains("means something else"), "{metric}");
    let failed = said("three", Named("mine", "x", Vec::new()));
    assert!(
        failed.contains("mine failed on a: the probe is not plugged in"),
        "{failed}"
    );
    said("four", Named("mine", "x", vec![f64::NAN]));
    assert!(matches!(
        Model::open_on(place.at("none.gguf"), 1),
        Err(Error::Engine(_))
    ));
    assert!(
        PerplexityBenchmark::bundled("poetry")
            .unwrap_err()
            .to_string()
            .contains("code and prose")
    );
    let nobody = BenchmarkRunner::new(place.at("five")).run(&[]).unwrap_err();
    assert!(nobody.to_string().contains("no model"), "{nobody}");
    let twice = place.at("six");
    let run = || {
        BenchmarkRunner::new(&twice)
            .with(Named("mine", "x", vec![1.0]))
            .run(&[&model])
    };
    run().unwrap();
    assert!(
        matches!(run(), Err(Error::Ledger(_))),
        "a run is never written over"
    );
}
