//! Divergence on toys: what must be exactly nothing, what a hand computes, and who is refused.

use std::cell::RefCell;
use std::rc::Rc;

use bench::plan::DivergencePlan;
use bench::{Error, Plan};
use engine::toy::{F16, Toy};
use engine::{
    Error as EngineError, Feed, Logits, Model, ModelCard, Row, Session, SessionShape, Special,
    Token, Tokenizer,
};
use ledger::Run;

use super::{complete, folder, subject, values};

/// Who fed how many tokens, in order.
type Log = Rc<RefCell<Vec<(&'static str, usize)>>>;

fn plan(edit: impl FnOnce(&mut DivergencePlan)) -> Plan {
    let mut plan = Plan::smoke(42, 1);
    (plan.code, plan.memory) = (None, None);
    (plan.latency, plan.perplexity) = (None, None);
    let mut divergence = DivergencePlan {
        texts: vec!["prose".into()],
        context: 16,
        limit_chunks: Some(5),
        ..DivergencePlan::bundled()
    };
    edit(&mut divergence);
    plan.divergence = Some(divergence);
    plan
}

fn compared(models: &[&dyn Model], plan: &Plan) -> Result<Run, Error> {
    let folder = folder();
    let names = ["one", "two", "three"];
    let subjects: Vec<_> = names
        .iter()
        .zip(models)
        .map(|(name, model)| subject(name, *model))
        .collect();
    complete(folder.path(), &subjects, plan)
}

fn list(run: &Run, metric: &str) -> Vec<f64> {
    values(run, metric)
        .iter()
        .flat_map(|m| m.values.clone())
        .collect()
}

#[test]
fn a_model_against_itself_differs_in_nothing_whatever_its_cache() {
    let (model, twin) = (Toy::new(3), Toy::new(3));
    let plan = plan(|p| p.caches = vec!["q8_0".into(), "q4_0".into()]);
    let run = compared(&[&model, &twin], &plan).unwrap();
    // Three candidates, five chunks, 16 − 8 − 1 tokens of each.
    assert_eq!(list(&run, "token_kl_nats"), vec![0.0; 3 * 5 * 7]);
    assert_eq!(list(&run, "token_delta_p"), vec![0.0; 3 * 5 * 7]);
    assert_eq!(list(&run, "token_same_top"), vec![1.0; 3 * 5 * 7]);
    assert_eq!(list(&run, "passage_nats"), list(&run, "reference_nats"));
    let caches: Vec<_> = values(&run, "token_kl_nats")
        .iter()
        .map(|m| {
            (
                m.model.as_str(),
                m.conditions["cache"].as_str().unwrap().to_owned(),
            )
        })
        .take(3)
        .collect();
    let wanted = [("two", "f16"), ("one", "q8_0"), ("one", "q4_0")];
    assert_eq!(
        caches,
        wanted.map(|(model, cache)| (model, cache.to_owned()))
    );
}

/// All rows of a chunk, one token at a time.
fn rows(model: &dyn Model, tokens: &[Token]) -> Vec<Vec<f64>> {
    let shape = SessionShape {
        n_sequences: 1,
        capacity: tokens.len(),
        cache: F16,
    };
    let mut session = model.open(shape).unwrap();
    let mut rows = Vec::new();
    for token in tokens {
        let feed = Feed {
            sequence: 0,
            tokens: &[*token],
            logits: Logits::Last,
        };
        let mut keep = |row: Row<'_>| {
            let total: f64 = row.logits.iter().map(|l| f64::from(*l).exp()).sum();
            rows.push(
                row.logits
                    .iter()
                    .map(|l| f64::from(*l).exp() / total)
                    .collect(),
            );
        };
        session.feed(&[feed], &mut keep).unwrap();
    }
    rows
}

#[test]
fn two_models_differ_by_what_their_rows_say() {
    let (one, two) = (Toy::new(3), Toy::new(4));
    let run = compared(&[&one, &two], &plan(|p| p.limit_chunks = Some(2))).unwrap();
    let text = bench::passages::joined("prose");
    let stream: Vec<Token> = [256]
        .into_iter()
        .chain(text.bytes().map(Token::from))
        .collect();
    let (mut kl, mut delta, mut same, mut nats) = (Vec::new(), Vec::new(), Vec::new(), 0.0);
    for chunk in stream.chunks_exact(16).take(2) {
        let tokens = [&[256], &chunk[1..]].concat();
        let (p, q) = (rows(&one, &tokens), rows(&two, &tokens));
        for i in 8..15 {
            let next = tokens[i + 1] as usize;
            kl.push(
                p[i].iter()
                    .zip(&q[i])
                    .map(|(p, q)| p * (p / q).ln())
                    .sum::<f64>(),
            );
            delta.push(q[i][next] - p[i][next]);
            let top = |row: &[f64]| (0..row.len()).max_by(|a, b| row[*a].total_cmp(&row[*b]));
            same.push(f64::from(u8::from(top(&p[i]) == top(&q[i]))));
            nats -= q[i][next].ln();
        }
    }
    for (found, wanted) in [
        (list(&run, "token_kl_nats"), &kl),
        (list(&run, "token_delta_p"), &delta),
    ] {
        assert_eq!(found.len(), wanted.len());
        for (found, wanted) in found.iter().zip(wanted) {
            assert!(
                (found - wanted).abs() < 2e-6 * wanted.abs().max(0.01),
                "{found}, not {wanted}"
            );
        }
    }
    assert!(kl.iter().all(|kl| *kl > 0.0));
    assert_eq!(list(&run, "token_same_top"), same);
    let found: f64 = list(&run, "passage_nats").iter().sum();
    assert!((found - nats).abs() < 1e-6 * nats, "{found}, not {nats}");
}

#[test]
fn reference_and_candidate_change_places() {
    let (one, two) = (Toy::new(3), Toy::new(4));
    let there = compared(&[&one, &two], &plan(|_| ())).unwrap();
    let back = compared(&[&two, &one], &plan(|_| ())).unwrap();
    let negated: Vec<f64> = list(&back, "token_delta_p").iter().map(|p| -p).collect();
    assert_eq!(list(&there, "token_delta_p"), negated);
    assert_eq!(
        list(&there, "token_same_top"),
        list(&back, "token_same_top")
    );
    assert_eq!(list(&there, "passage_nats"), list(&back, "reference_nats"));
    assert_ne!(
        list(&there, "token_kl_nats"),
        list(&back, "token_kl_nats"),
        "it is no distance"
    );
}

/// A toy that calls its tokens otherwise, or has more of them.
struct Dressed {
    toy: Toy,
    card: ModelCard,
    word: fn(Token) -> Option<&'static str>,
    spoils: bool,
    /// How many tokens each feed had, by the name under which this model notes it.
    log: Option<(&'static str, Log)>,
}

impl Dressed {
    fn new(n_vocab: usize, word: fn(Token) -> Option<&'static str>) -> Dressed {
        let toy = Toy::new(3);
        let card = ModelCard {
            n_vocab,
            ..toy.card().clone()
        };
        Dressed {
            toy,
            card,
            word,
            spoils: false,
            log: None,
        }
    }
}

impl Model for Dressed {
    fn card(&self) -> &ModelCard {
        &self.card
    }

    fn tokenizer(&self) -> &dyn Tokenizer {
        self
    }

    fn open(&self, shape: SessionShape) -> Result<Box<dyn Session + '_>, EngineError> {
        Ok(Box::new(Widened {
            inner: self.toy.open(shape)?,
            width: self.card.n_vocab,
            spoils: self.spoils,
            log: self.log.clone(),
        }))
    }
}

impl Tokenizer for Dressed {
    fn encode(&self, text: &str, special: Special) -> Vec<Token> {
        self.toy.tokenizer().encode(text, special)
    }

    fn bytes(&self, token: Token) -> Vec<u8> {
        self.toy.tokenizer().bytes(token)
    }

    fn text(&self, token: Token) -> String {
        (self.word)(token).map_or_else(|| self.toy.tokenizer().text(token), str::to_owned)
    }

    fn is_end(&self, token: Token) -> bool {
        self.toy.tokenizer().is_end(token)
    }

    fn start(&self) -> Option<Token> {
        self.toy.tokenizer().start()
    }

    fn end(&self) -> Option<Token> {
        self.toy.tokenizer().end()
    }
}

/// Rows with more entries than the toy's own.
struct Widened<'a> {
    inner: Box<dyn Session + 'a>,
    width: usize,
    spoils: bool,
    log: Option<(&'static str, Log)>,
}

impl Session for Widened<'_> {
    fn shape(&self) -> SessionShape {
        self.inner.shape()
    }

    fn len(&self, sequence: usize) -> usize {
        self.inner.len(sequence)
    }

    fn feed(
        &mut self,
        feeds: &[Feed<'_>],
        on_row: &mut dyn FnMut(Row<'_>),
    ) -> Result<(), EngineError> {
        let (width, spoils) = (self.width, self.spoils);
        if let Some((name, log)) = &self.log {
            log.borrow_mut().push((name, feeds[0].tokens.len()));
        }
        self.inner.feed(feeds, &mut |row| {
            let mut logits = row.logits.to_vec();
            logits.resize(width, -3.0);
            if spoils && row.offset == 12 {
                logits[9] = f32::NAN;
            }
            on_row(Row {
                logits: &logits,
                ..row
            });
        })
    }

    fn fork(&mut self, from: usize, to: usize) -> Result<(), EngineError> {
        self.inner.fork(from, to)
    }

    fn rewind(&mut self, sequence: usize, len: usize) -> Result<(), EngineError> {
        self.inner.rewind(sequence, len)
    }

    fn cache_bytes(&self) -> u64 {
        self.inner.cache_bytes()
    }
}

#[test]
fn reference_and_candidates_take_turns_over_pieces_so_that_no_long_contexts_rows_are_held() {
    let log = Log::default();
    let [one, two] = ["one", "two"].map(|name| Dressed {
        log: Some((name, Log::clone(&log))),
        ..Dressed::new(258, |_| None)
    });
    let plan = plan(|p| (p.context, p.limit_chunks) = (1100, Some(1)));
    let run = compared(&[&one, &two], &plan).unwrap();
    assert_eq!(list(&run, "token_kl_nats"), vec![0.0; 1100 / 2 - 1]);
    let turns = [512, 512, 76].map(|n| [("one", n), ("two", n)]).concat();
    assert_eq!(*log.borrow(), turns);
}

#[test]
fn what_a_model_says_is_the_same_in_either_role_also_over_several_pieces() {
    let plan = plan(|p| (p.context, p.limit_chunks) = (1100, Some(1)));
    let (one, two) = (Toy::new(1), Toy::new(2));
    let there = compared(&[&one, &two], &plan).unwrap();
    let back = compared(&[&two, &one], &plan).unwrap();
    assert_eq!(list(&there, "reference_nats"), list(&back, "passage_nats"));
    assert_eq!(list(&there, "passage_nats"), list(&back, "reference_nats"));
    let negated: Vec<f64> = list(&back, "token_delta_p").iter().map(|d| -d).collect();
    assert_eq!(list(&there, "token_delta_p"), negated);
    assert_eq!(negated.len(), 1100 / 2 - 1);
}

#[test]
fn padding_of_a_wider_model_is_passed_over() {
    let toy = Toy::new(3);
    let padded = Dressed::new(264, |token| (token >= 258).then_some("[PAD]"));
    for pair in [[&toy as &dyn Model, &padded], [&padded, &toy]] {
        let run = compared(&pair, &plan(|_| ())).unwrap();
        assert_eq!(list(&run, "token_kl_nats"), vec![0.0; 5 * 7]);
    }
}

#[test]
fn models_that_do_not_speak_of_the_same_tokens_are_refused_with_the_difference() {
    let toy = Toy::new(3);
    let other = Dressed::new(258, |token| (token == 65).then_some("Ä"));
    let wider = Dressed::new(260, |token| (token == 259).then_some("word"));
    for (model, said) in [
        (&other, "token 65 is \"A\" for the one and \"Ä\""),
        (&wider, "no padding"),
    ] {
        let error = compared(&[&toy, model], &plan(|_| ()))
            .unwrap_err()
            .to_string();
        assert!(error.contains("one and two cannot be compared"), "{error}");
        assert!(error.contains(said), "{said}: {error}");
    }
}

#[test]
fn a_candidate_that_computes_no_numbers_is_named_with_chunk_and_token() {
    let toy = Toy::new(3);
    let mut broken = Dressed::new(258, |_| None);
    broken.spoils = true;
    let error = compared(&[&toy, &broken], &plan(|_| ()))
        .unwrap_err()
        .to_string();
    assert!(error.contains("two on prose, chunk 0"), "{error}");
    assert!(error.contains("token 13 "), "{error}");
}

#[test]
fn a_reference_that_computes_no_numbers_is_named_and_not_who_is_held_against_it() {
    let toy = Toy::new(3);
    let mut broken = Dressed::new(258, |_| None);
    broken.spoils = true;
    let error = compared(&[&broken, &toy], &plan(|_| ()))
        .unwrap_err()
        .to_string();
    assert!(error.contains("one on prose, chunk 0"), "{error}");
    assert!(error.contains("token 13 "), "{error}");
}

#[test]
fn a_reference_alone_has_nothing_to_be_held_against() {
    let error = compared(&[&Toy::new(3)], &plan(|_| ()))
        .unwrap_err()
        .to_string();
    assert!(error.contains("--cache q8_0,q4_0"), "{error}");
}
