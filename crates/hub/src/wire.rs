//! One HTTP conversation on its own thread, reported over a small channel.
//!
//! A blocking read could not be stopped by the user; a channel can simply be dropped, after which the
//! thread ends with its next chunk or its next timeout. Nothing is judged here: what an answer means is
//! decided in [`crate::web`].
//!
//! It deliberately keeps no cookies and asks for no compression: offsets must count the file's bytes.
//!
//! Sources: RFC 9110 §8.8.3 (strong tags), §13.1.5 (`If-Range` takes only those), §14.4.

use std::io::Read;
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use ureq::config::RedirectAuthHeaders;
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};

use crate::digest::CHUNK;
use crate::sources::Hub;

/// A closed network must fail fast; an open one answers within this.
const CONNECT: Duration = Duration::from_secs(5);
/// The longest silence of a server that has been reached.
const SILENCE: Duration = Duration::from_secs(30);

/// What the conversation's thread reports.
pub(crate) enum Message {
    Head(Head),
    Chunk(Vec<u8>),
    Over,
    Failed(String),
}

/// The part of an answer that precedes its body.
pub(crate) struct Head {
    pub(crate) status: u16,
    /// Bytes of this body.
    pub(crate) length: Option<u64>,
    /// First byte and total size of a partial answer.
    pub(crate) range: Option<(u64, Option<u64>)>,
    /// A strong tag.
    pub(crate) etag: Option<String>,
}

/// Where to ask, and with which token.
pub(crate) struct Line {
    agent: ureq::Agent,
    url: String,
    token: Option<String>,
}

impl Line {
    /// Prepares conversations about `url`; the reason why not, if the Hub's certificates are unreadable.
    pub(crate) fn new(hub: &Hub, url: String) -> Result<Line, String> {
        Ok(Line {
            agent: agent(hub)?,
            url,
            token: hub.token.clone(),
        })
    }

    /// Starts a conversation about the bytes from `offset` on.
    pub(crate) fn ask(
        &self,
        offset: u64,
        etag: Option<String>,
    ) -> Result<Receiver<Message>, String> {
        let mut call = self
            .agent
            .get(&self.url)
            .header("Accept-Encoding", "identity");
        if let Some(token) = &self.token {
            call = call.header("Authorization", format!("Bearer {token}"));
        }
        if offset > 0 {
            call = call.header("Range", format!("bytes={offset}-"));
            if let Some(etag) = etag {
                call = call.header("If-Range", etag);
            }
        }
        let (sender, receiver) = sync_channel(4);
        let talk = move || {
            let last = converse(call, &sender).map_or_else(Message::Failed, |()| Message::Over);
            // Nobody listens any more once the user stopped.
            let _ = sender.send(last);
        };
        let thread = std::thread::Builder::new()
            .name("hub-download".to_owned())
            .spawn(talk);
        match thread {
            Ok(_) => Ok(receiver),
            Err(error) => Err(format!("no thread for the download: {error}")),
        }
    }
}

type Call = ureq::RequestBuilder<ureq::typestate::WithoutBody>;

fn converse(call: Call, listener: &SyncSender<Message>) -> Result<(), String> {
    let response = call.call().map_err(|error| said(&error))?;
    let head = head_of(&response);
    let has_body = matches!(head.status, 200 | 206);
    if listener.send(Message::Head(head)).is_err() || !has_body {
        return Ok(());
    }
    let mut body = response.into_body().into_reader();
    loop {
        let mut chunk = vec![0; CHUNK];
        let read = body.read(&mut chunk).map_err(|error| said(&error))?;
        chunk.truncate(read);
        if read == 0 || listener.send(Message::Chunk(chunk)).is_err() {
            return Ok(());
        }
    }
}

/// The client's words without its own prefix for errors of the system.
fn said(error: &dyn std::fmt::Display) -> String {
    let text = error.to_string();
    text.strip_prefix("io: ").unwrap_or(&text).to_owned()
}

fn head_of(response: &ureq::http::Response<ureq::Body>) -> Head {
    let text = |name: &str| {
        response
            .headers()
            .get(name)
            .and_then(|value| value.to_str().ok())
    };
    Head {
        status: response.status().as_u16(),
        // The client reports an empty body as one without a length.
        length: response.body().content_length().or_else(|| {
            text("content-length")
                .filter(|length| *length == "0")
                .map(|_| 0)
        }),
        range: text("content-range").and_then(content_range),
        etag: text("etag")
            .filter(|tag| tag.starts_with('"'))
            .map(str::to_owned),
    }
}

/// First byte and total of `bytes FIRST-LAST/TOTAL`, where the total may be `*`.
fn content_range(text: &str) -> Option<(u64, Option<u64>)> {
    let (range, total) = text.trim().strip_prefix("bytes ")?.split_once('/')?;
    let (first, _last) = range.split_once('-')?;
    let total = match total {
        "*" => None,
        number => Some(number.parse().ok()?),
    };
    Some((first.parse().ok()?, total))
}

fn agent(hub: &Hub) -> Result<ureq::Agent, String> {
    let mut config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .https_only(hub.endpoint.starts_with("https://"))
        .redirect_auth_headers(RedirectAuthHeaders::SameHost)
        .user_agent(concat!("whetstone/", env!("CARGO_PKG_VERSION")))
        .timeout_resolve(Some(CONNECT))
        .timeout_connect(Some(CONNECT))
        .timeout_recv_response(Some(SILENCE))
        .timeout_per_read(Some(SILENCE));
    if loopback(&hub.endpoint) {
        config = config.proxy(None);
    }
    if let Some(file) = &hub.authorities {
        config = config.tls_config(trusting(file)?);
    }
    Ok(config.build().into())
}

/// Whether the endpoint is on this machine, where no proxy can reach it.
fn loopback(endpoint: &str) -> bool {
    let host = endpoint
        .split_once("://")
        .map_or(endpoint, |(_, rest)| rest);
    ["127.0.0.1", "localhost", "[::1]"]
        .iter()
        .any(|name| host.starts_with(name))
}

/// The certificate authorities of a PEM file instead of the built-in ones.
fn trusting(file: &Path) -> Result<TlsConfig, String> {
    let pem = std::fs::read(file)
        .map_err(|error| format!("cannot read SSL_CERT_FILE {}: {error}", file.display()))?;
    let authorities = parse_pem(&pem).filter_map(|item| match item {
        Ok(PemItem::Certificate(certificate)) => Some(certificate),
        _ => None,
    });
    Ok(TlsConfig::builder()
        .root_certs(RootCerts::from(authorities))
        .build())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_content_range_is_read_or_refused() {
        assert_eq!(content_range("bytes 5-9/10"), Some((5, Some(10))));
        assert_eq!(content_range(" bytes 0-0/* "), Some((0, None)));
        for odd in [
            "",
            "bytes */10",
            "items 0-1/2",
            "bytes 0-1",
            "bytes -1-2/3",
            "bytes 1/2-3",
        ] {
            assert_eq!(content_range(odd), None, "{odd}");
        }
    }

    #[test]
    fn only_this_machine_is_loopback() {
        assert!(loopback("http://127.0.0.1:80") && loopback("http://localhost/x"));
        assert!(!loopback("https://example.org") && !loopback("https://10.0.0.1"));
    }

    #[test]
    fn a_missing_authority_file_is_named() {
        let mut hub = Hub::at("https://example.org");
        hub.authorities = Some("no-such.pem".into());
        assert!(agent(&hub).unwrap_err().contains("no-such.pem"));
    }
}
