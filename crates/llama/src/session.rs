//! Sequences in a llama.cpp context.

use std::sync::atomic::{AtomicBool, Ordering};

use engine::{CacheKind, Error, Feed, Row, Session, SessionShape, Token};
use llama_cpp_2::context::LlamaContext;
use llama_cpp_2::context::params::{KvCacheType, LlamaContextParams};
use llama_cpp_2::llama_batch::LlamaBatch;

use crate::log;
use crate::tokenizer::llama_token;

/// Tokens that one call of llama.cpp may get; it cuts them into pieces of [`MICRO_BATCH`].
pub(crate) const BATCH: usize = 2048;
/// Tokens that run through the graph together; llama.cpp's own default.
pub(crate) const MICRO_BATCH: usize = 512;

/// The parameters of a context for that shape with so many cells.
pub(crate) fn params(shape: SessionShape, cells: u32, threads: usize) -> LlamaContextParams {
    let threads = i32::try_from(threads).unwrap_or(i32::MAX);
    LlamaContextParams::default()
        .with_n_ctx(std::num::NonZeroU32::new(cells))
        .with_n_batch(BATCH as u32)
        .with_n_ubatch(MICRO_BATCH as u32)
        .with_n_seq_max(u32::try_from(shape.n_sequences).unwrap_or(u32::MAX))
        .with_n_threads(threads)
        .with_n_threads_batch(threads)
        .with_type_k(cache_type(shape.cache.k))
        .with_type_v(cache_type(shape.cache.v))
        .with_kv_unified(false)
        .with_swa_full(true)
        .with_no_perf(true)
}

fn cache_type(kind: CacheKind) -> KvCacheType {
    match kind {
        CacheKind::F16 => KvCacheType::F16,
        CacheKind::Q8_0 => KvCacheType::Q8_0,
        CacheKind::Q4_0 => KvCacheType::Q4_0,
    }
}

/// What llama.cpp announced for a context, in bytes; 0 where it did not.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Buffers {
    pub(crate) cache: u64,
    pub(crate) scratch: u64,
}

/// A context with the lengths of its sequences.
pub(crate) struct LlamaSession<'m> {
    context: LlamaContext<'m>,
    stop: Option<&'static AtomicBool>,
    batch: LlamaBatch<'static>,
    shape: SessionShape,
    lens: Vec<usize>,
    buffers: Buffers,
}

/// A token of one call: its place in the feeds, and whether a row is wanted.
#[derive(Clone, Copy)]
struct Slot {
    feed: usize,
    offset: usize,
    sequence: usize,
    token: Token,
    wanted: bool,
}

impl<'m> LlamaSession<'m> {
    pub(crate) fn new(
        (context, stop): (LlamaContext<'m>, Option<&'static AtomicBool>),
        shape: SessionShape,
        buffers: Buffers,
    ) -> Self {
        let batch = LlamaBatch::new(BATCH, 1);
        LlamaSession {
            context,
            stop,
            batch,
            shape,
            lens: vec![0; shape.n_sequences],
            buffers,
        }
    }

    fn is_stopped(&self) -> bool {
        self.stop.is_some_and(|stop| stop.load(Ordering::Relaxed))
    }

    fn decode(&mut self, slots: &[Slot], on_row: &mut dyn FnMut(Row<'_>)) -> Result<(), Error> {
        let failed = |cause: String| Error::Backend {
            operation: format!("fed {} tokens", slots.len()),
            cause,
        };
        self.batch.clear();
        for slot in slots {
            let position = i32::try_from(self.lens[slot.sequence]).unwrap_or(i32::MAX);
            self.batch
                .add(
                    llama_token(slot.token),
                    position,
                    &[slot.sequence as i32],
                    slot.wanted,
                )
                .map_err(|error| failed(error.to_string()))?;
            self.lens[slot.sequence] += 1;
        }
        log::begin();
        self.context
            .decode(&mut self.batch)
            .map_err(|error| failed(log::complaint(&error.to_string())))?;
        for (i, slot) in slots.iter().enumerate().filter(|(_, slot)| slot.wanted) {
            let logits = self.context.get_logits_ith(i as i32);
            on_row(Row {
                feed: slot.feed,
                offset: slot.offset,
                logits,
            });
        }
        Ok(())
    }
}

/// The tokens of all feeds, one after another.
fn slots(feeds: &[Feed<'_>]) -> Vec<Slot> {
    let slots_of = |(feed_idx, feed): (usize, &Feed<'_>)| {
        let (sequence, logits, n) = (feed.sequence, feed.logits, feed.tokens.len());
        let slot = move |(offset, token): (usize, &Token)| Slot {
            feed: feed_idx,
            offset,
            sequence,
            token: *token,
            wanted: logits.wants(offset, n),
        };
        feed.tokens.iter().enumerate().map(slot).collect::<Vec<_>>()
    };
    feeds.iter().enumerate().flat_map(slots_of).collect()
}

impl Session for LlamaSession<'_> {
    fn shape(&self) -> SessionShape {
        self.shape
    }

    fn len(&self, sequence: usize) -> usize {
        self.lens[sequence]
    }

    fn feed(&mut self, feeds: &[Feed<'_>], on_row: &mut dyn FnMut(Row<'_>)) -> Result<(), Error> {
        for feed in feeds {
            let needed = self.lens[feed.sequence] + feed.tokens.len();
            if needed > self.shape.capacity {
                return Err(Error::TooLong {
                    needed,
                    capacity: self.shape.capacity,
                });
            }
        }
        // One sequence is cut here as llama.cpp would cut it, so that it can be stopped in between. Of several it makes
        // pieces of its own kind.
        let most = match feeds {
            [_] => MICRO_BATCH,
            _ => BATCH,
        };
        for (i, piece) in slots(feeds).chunks(most).enumerate() {
            if i > 0 && self.is_stopped() {
                return Err(Error::Stopped);
            }
            self.decode(piece, on_row)?;
        }
        Ok(())
    }

    fn fork(&mut self, from: usize, to: usize) -> Result<(), Error> {
        self.context
            .copy_kv_cache_seq(from as i32, to as i32, None, None)
            .map_err(|error| Error::Backend {
                operation: format!("copied sequence {from} to {to}"),
                cause: error.to_string(),
            })?;
        self.lens[to] = self.lens[from];
        Ok(())
    }

    fn rewind(&mut self, sequence: usize, len: usize) -> Result<(), Error> {
        if len >= self.lens[sequence] {
            return Ok(());
        }
        let failed = |cause: String| Error::Backend {
            operation: format!("rewound sequence {sequence} to {len} tokens"),
            cause,
        };
        match self
            .context
            .clear_kv_cache_seq(Some(sequence as u32), Some(len as u32), None)
        {
            Ok(true) => self.lens[sequence] = len,
            Ok(false) => {
                return Err(failed(
                    "this architecture cannot forget a part of its state".into(),
                ));
            }
            Err(error) => return Err(failed(error.to_string())),
        }
        Ok(())
    }

    fn cache_bytes(&self) -> u64 {
        self.buffers.cache
    }

    fn scratch_bytes(&self) -> u64 {
        self.buffers.scratch
    }
}
