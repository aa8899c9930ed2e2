//! `whet generate`: a model writes, as it thinks.

use std::borrow::Cow;
use std::io::{IsTerminal, Read};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Result;
use engine::{
    CacheKind, CacheKinds, Ending, Engine, Event, Finish, Lanes, Model, Request, Sampling, Special,
    Token, Tokenizer, Width,
};
use measure::{Clock, SystemClock};
use report::untrusted::visible;
use task::chat::{Message, Specials, Turn};

use super::guess::{Fared, Guesser};
use crate::cli::Generate;
use crate::compute::Compute;
use crate::exit::{Exit, Usage};
use crate::interrupt;
use crate::subject::{self, Finder, Loaded};
use crate::terminal::{Reader, Terminal, is_seen, write_out};

/// Streams a completion to stdout.
pub(crate) fn run(flags: &Generate, terminal: &Terminal, offline: bool) -> Result<Exit> {
    let sampling = sampling(flags)?;
    let text = prompt_text(flags, terminal)?;
    let words = [flags.model.clone()];
    let words = subject::with_adapter(&words, flags.adapter.as_deref())?;
    let stop = interrupt::listen()?;
    let finder = Finder {
        terminal,
        offline,
        stop,
    };
    let located = finder.locate(&words[0])?;
    let clock = SystemClock::start();
    flags.device.say_fallback(terminal);
    let compute = Compute::asked(flags.threads, &flags.device);
    let loaded = Loaded::open(&located, &compute, &clock)?;
    let prompt = tokens(&loaded, flags, &text)?;
    if flags.dry_run {
        return show(loaded.llama.tokenizer(), &prompt, terminal);
    }
    let guesser = Guesser::of(flags, &loaded, (&compute, &clock), &finder)?;
    let max_tokens = room(&loaded, prompt.len(), flags.max_tokens)?;
    let request = Request {
        n_shared: 0,
        sampling,
        seed: flags.seed,
        max_tokens,
        stop: flags.stop.clone(),
        ending: Ending::Natural,
        prompt,
    };
    let lanes = Lanes {
        n: 1,
        capacity: request.prompt.len() + max_tokens,
        width: Width::FAST,
        cache: CacheKinds::both(CacheKind::F16),
    };
    let n_prompt = request.prompt.len();
    let engine = guesser.engine(&loaded, lanes, flags.guesses)?;
    let stream = stream(engine.as_ref(), request, &clock, stop)?;
    if write_out(b"\n")? == Reader::Gone {
        return Ok(Exit::Done);
    }
    terminal.note(&summary(n_prompt, &stream));
    if stream.finish == Some(Finish::Length) && max_tokens < flags.max_tokens {
        let length = n_prompt + max_tokens;
        terminal.note(&format!(
            "[the context is full: {} was made for {length} tokens]",
            loaded.name
        ));
    }
    Ok(match stream.finish {
        Some(_) => Exit::Done,
        None => Exit::Interrupted,
    })
}

/// A completion as it went by.
struct Stream {
    started_ns: u64,
    token_ns: Vec<u64>,
    /// Why it ended; `None` if it was interrupted.
    finish: Option<Finish>,
    fared: Fared,
}

/// Writes the text of a request to stdout as it comes; a person sees what would steer the terminal, a program gets it.
fn stream(
    engine: &dyn Engine,
    request: Request,
    clock: &dyn Clock,
    stop: &AtomicBool,
) -> Result<Stream> {
    let mut stream = Stream {
        started_ns: clock.now_ns(),
        token_ns: Vec::new(),
        finish: None,
        fared: Fared::default(),
    };
    let mut written = Ok(Reader::There);
    let mut screen = Screen::of_stdout();
    engine.generate(&[request], &mut |event: Event<'_>| {
        match event {
            Event::Token { text, .. } => {
                stream.token_ns.push(clock.now_ns());
                written = write_out(screen.shown(text).as_bytes());
            }
            Event::Finished { completion, .. } => stream.finish = Some(completion.finish),
            Event::Checked { pass, .. } => stream.fared.count(pass),
            Event::Started { .. } | Event::Drafted { .. } => {}
        }
        // A text that nobody reads need not be thought to its end.
        if matches!(written, Ok(Reader::There)) && !stop.load(Ordering::Relaxed) {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    })?;
    if matches!(written?, Reader::There) {
        write_out(screen.rest().as_bytes())?;
    }
    Ok(stream)
}

/// What stands between a model's text and a terminal: the model could move the cursor, rename the window or hide
/// what it wrote. Whoever reads from a pipe gets the text as it is.
struct Screen {
    is_terminal: bool,
    /// A carriage return came last; a line feed behind it would make a line end of the two.
    returned: bool,
}

impl Screen {
    fn of_stdout() -> Screen {
        Screen {
            is_terminal: is_seen(),
            returned: false,
        }
    }

    /// The next piece of text, of whole characters, as it may be written.
    fn shown<'t>(&mut self, text: &'t str) -> Cow<'t, str> {
        if !self.is_terminal {
            return Cow::Borrowed(text);
        }
        let whole = match self.returned {
            true => format!("\r{text}"),
            false => text.to_owned(),
        };
        let now = whole.strip_suffix('\r');
        self.returned = now.is_some();
        Cow::Owned(visible(now.unwrap_or(&whole)))
    }

    /// What was held back.
    fn rest(&mut self) -> String {
        match std::mem::take(&mut self.returned) {
            true => visible("\r"),
            false => String::new(),
        }
    }
}

fn sampling(flags: &Generate) -> Result<Sampling> {
    let sampling = Sampling {
        temperature: flags.temperature,
        top_k: flags.top_k,
        top_p: flags.top_p,
        min_p: flags.min_p,
        repetition_penalty: flags.repetition_penalty,
    };
    sampling.check().map_err(Usage)?;
    if flags.max_tokens == 0 {
        return Err(Usage("--max-tokens must be at least 1".into()).into());
    }
    Ok(sampling)
}

/// The prompt from `-p`, `-f`, or standard input.
fn prompt_text(flags: &Generate, terminal: &Terminal) -> Result<String> {
    let unreadable = |of: &str, error: std::io::Error| {
        Usage(format!("cannot read the prompt from {of}: {error}"))
    };
    let text = match (&flags.prompt, &flags.file) {
        (Some(prompt), _) => prompt.clone(),
        (None, Some(path)) if path.as_os_str() != "-" => std::fs::read_to_string(path)
            .map_err(|error| unreadable(&path.display().to_string(), error))?,
        _ => {
            let mut stdin = std::io::stdin();
            if stdin.is_terminal() {
                terminal.note("Write the prompt; Ctrl-D on a line of its own ends it.");
            }
            let mut text = String::new();
            stdin
                .read_to_string(&mut text)
                .map_err(|error| unreadable("standard input", error))?;
            text
        }
    };
    if text.is_empty() {
        return Err(
            Usage("the prompt is empty; give one with -p, -f or on standard input".into()).into(),
        );
    }
    Ok(text)
}

fn tokens(loaded: &Loaded, flags: &Generate, text: &str) -> Result<Vec<Token>> {
    let tokenizer = loaded.llama.tokenizer();
    if !flags.chat {
        let tokens = tokenizer.encode(text, Special::Plain);
        return Ok(tokenizer.start().into_iter().chain(tokens).collect());
    }
    let Some(template) = loaded.template()? else {
        return Err(Usage(format!(
            "{} has no chat template: it is a base model; leave out --chat",
            loaded.name
        ))
        .into());
    };
    let named = |token: Option<Token>| token.map(|token| tokenizer.text(token));
    let specials = Specials {
        bos: named(tokenizer.start()),
        eos: named(tokenizer.end()),
        now: Some(jiff::Zoned::now().datetime()),
    };
    let system = flags
        .system
        .iter()
        .map(|system| Message::new("system", system.as_str()));
    let messages: Vec<Message> = system.chain([Message::new("user", text)]).collect();
    let rendered = template.render(&messages, &specials, Turn::AddAssistant)?;
    Ok(tokenizer.encode(&rendered, Special::Parse))
}

/// What the model would read, byte for byte and control tokens by their names, to stdout, made visible on a terminal; how
/// long it is to stderr.
fn show(tokenizer: &dyn Tokenizer, prompt: &[Token], terminal: &Terminal) -> Result<Exit> {
    let read = |token: &Token| match tokenizer.bytes(*token) {
        bytes if bytes.is_empty() => tokenizer.text(*token).into_bytes(),
        bytes => bytes,
    };
    let read: Vec<u8> = prompt.iter().flat_map(read).collect();
    match is_seen() {
        true => write_out(visible(&String::from_utf8_lossy(&read)).as_bytes())?,
        false => write_out(&read)?,
    };
    terminal.note(&format!("[{} prompt tokens]", prompt.len()));
    Ok(Exit::Done)
}

/// Tokens that may be written: no more than the model was made for, prompt included.
fn room(loaded: &Loaded, n_prompt: usize, asked: usize) -> Result<usize> {
    let context = loaded.llama.card().context_length;
    if context == 0 {
        return Ok(asked); // the file does not say
    }
    if n_prompt >= context {
        return Err(Usage(format!(
            "the prompt has {n_prompt} tokens and {} was made for {context}; shorten the prompt",
            loaded.name
        ))
        .into());
    }
    Ok(asked.min(context - n_prompt))
}

/// One line about what was done: scope is request to last token.
fn summary(n_prompt: usize, stream: &Stream) -> String {
    let seconds = |from: u64, to: u64| (to - from) as f64 / 1e9;
    let times = &stream.token_ns;
    let (Some(first), Some(last)) = (times.first(), times.last()) else {
        return format!("[{n_prompt} prompt tokens, the model ended at once]");
    };
    let end = match stream.finish {
        Some(Finish::EndOfText) => "end of text",
        Some(Finish::StopString) => "stop string",
        Some(Finish::Length) => "token limit",
        None => "interrupted",
    };
    let decode = if times.len() > 1 {
        format!(
            "{:.1} tok/s decode",
            (times.len() - 1) as f64 / seconds(*first, *last)
        )
    } else {
        "one token".into()
    };
    format!(
        "[{n_prompt} prompt tokens, first token after {:.2} s; {} tokens, {decode}{}; {end}]",
        seconds(stream.started_ns, *first),
        times.len(),
        stream.fared.words(),
    )
}

#[cfg(test)]
mod tests {
    use super::Screen;

    fn written(is_terminal: bool, pieces: &[&str]) -> String {
        let mut screen = Screen {
            is_terminal,
            returned: false,
        };
        let mut all: String = pieces.iter().map(|piece| screen.shown(piece)).collect();
        all.push_str(&screen.rest());
        all
    }

    #[test]
    fn a_terminal_is_shown_what_a_model_would_have_it_do() {
        let pieces = ["a\u{1b}", "[2J\u{7}b\tc", "\nd\u{202e}e"];
        assert_eq!(written(true, &pieces), "a␛[2J␇b\tc\nd⟨U+202E⟩e");
        assert_eq!(written(false, &pieces), pieces.concat());
    }

    #[test]
    fn a_line_end_of_two_characters_is_one_also_where_it_comes_in_two_pieces() {
        assert_eq!(written(true, &["a\r", "\nb\r\nc"]), "a\nb\nc");
        assert_eq!(written(true, &["a\r", "", "b"]), "a␍b");
        assert_eq!(written(true, &["a\r\r", "\n"]), "a␍\n");
        assert_eq!(written(true, &["a\r"]), "a␍");
    }
}
