//! A browser, driven by the WebDriver protocol: chromedriver is started, spoken to over HTTP on
//! loopback, and ended.
//!
//! As much of the protocol as one page's test needs, without a dependency. Source: W3C WebDriver.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

const CHROMIUM: [&str; 4] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
];

/// A browser without a window, and its driver; both end with it.
pub(crate) struct Browser {
    driver: Child,
    port: u16,
    session: String,
    _profile: tempfile::TempDir,
}

/// The first of these programs on the search path.
fn find(names: &[&str]) -> Option<String> {
    let folders = std::env::var_os("PATH")?;
    let paths = names.iter().flat_map(|name| {
        let candidates = std::env::split_paths(&folders).map(|folder| folder.join(name));
        candidates.collect::<Vec<_>>()
    });
    let mut found = paths.filter(|path| path.is_file());
    found.next().map(|path| path.display().to_string())
}

impl Browser {
    /// Starts one; `None` if this machine has no chromium or no chromedriver.
    pub(crate) fn start() -> Option<Browser> {
        let chromium = find(&CHROMIUM)?;
        let mut driver = Command::new(find(&["chromedriver"])?)
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let port = announced_port(driver.stdout.take().unwrap());
        let profile = tempfile::tempdir().unwrap();
        let mut browser = Browser {
            driver,
            port,
            session: String::new(),
            _profile: profile,
        };
        let wishes = wishes(&chromium, browser._profile.path());
        let answer = browser.request("POST", "/session", &wishes);
        browser.session = answer["sessionId"].as_str().unwrap().to_owned();
        Some(browser)
    }

    /// One command of the session.
    pub(crate) fn post(&self, command: &str, body: &Value) -> Value {
        let path = format!("/session/{}/{command}", self.session);
        self.request("POST", &path, body)
    }

    /// Runs a function body in the page and returns what it returns.
    pub(crate) fn eval(&self, script: &str) -> Value {
        self.post("execute/sync", &json!({"script": script, "args": []}))
    }

    /// Clicks the first element of a CSS selector, as a person would: it must not be covered.
    pub(crate) fn click(&self, selector: &str) {
        let found = format!("document.querySelector({})", json!(selector));
        self.eval(&format!("{found}.scrollIntoView({{block: 'center'}})"));
        let element = self.element(selector);
        self.post(&format!("element/{element}/click"), &json!({}));
    }

    /// Moves the pointer onto the middle of the first element of a CSS selector.
    pub(crate) fn hover(&self, selector: &str) {
        let found = format!("document.querySelector({})", json!(selector));
        self.eval(&format!("{found}.scrollIntoView({{block: 'center'}})"));
        let element = json!({"element-6066-11e4-a52e-4f735466cecf": self.element(selector)});
        let moving =
            json!({"type": "pointerMove", "duration": 0, "origin": element, "x": 0, "y": 0});
        let mouse = json!({"type": "pointer", "id": "mouse", "actions": [moving]});
        self.post("actions", &json!({"actions": [mouse]}));
    }

    /// Types into the first element of a CSS selector.
    pub(crate) fn type_into(&self, selector: &str, text: &str) {
        let command = format!("element/{}/value", self.element(selector));
        self.post(&command, &json!({"text": text}));
    }

    /// What was logged since the last call: `browser` or `performance`.
    pub(crate) fn log(&self, kind: &str) -> Vec<Value> {
        let log = self.post("se/log", &json!({"type": kind}));
        log.as_array().unwrap().clone()
    }

    fn element(&self, selector: &str) -> String {
        let query = json!({"using": "css selector", "value": selector});
        let found = self.post("element", &query);
        let mut ids = found.as_object().unwrap().values();
        ids.next().unwrap().as_str().unwrap().to_owned()
    }

    /// One request; fails the test on every answer that is not a success.
    fn request(&self, method: &str, path: &str, body: &Value) -> Value {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(300)))
            .unwrap();
        let body = body.to_string();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            self.port,
            body.len()
        )
        .unwrap();
        let mut answer: Value = serde_json::from_slice(&read_body(stream)).unwrap();
        let value = answer["value"].take();
        assert!(
            value["error"].is_null(),
            "{method} {path} {body}: {value:#}"
        );
        value
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // While a test fails, a second panic would hide the first.
        if !self.session.is_empty() && !std::thread::panicking() {
            self.request("DELETE", &format!("/session/{}", self.session), &json!({}));
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// The port that the driver says it took, which is any free one.
fn announced_port(stdout: std::process::ChildStdout) -> u16 {
    let mut lines = BufReader::new(stdout).lines();
    let port = lines.by_ref().map_while(Result::ok).find_map(|line| {
        let (_, rest) = line.split_once("successfully on port ")?;
        rest.trim_end_matches('.').parse().ok()
    });
    // Whatever else it says has to go somewhere.
    std::thread::spawn(move || lines.for_each(drop));
    port.expect("chromedriver says its port")
}

fn wishes(chromium: &str, profile: &std::path::Path) -> Value {
    let args = [
        "--headless",
        "--no-sandbox",
        // A page that is still scrolling smoothly has moved on when the driver clicks.
        "--force-prefers-reduced-motion",
        "--disable-dev-shm-usage",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--window-size=1200,900",
        &format!("--user-data-dir={}", profile.display()),
    ];
    json!({"capabilities": {"alwaysMatch": {
        "browserName": "chrome",
        "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
        "goog:chromeOptions": {"binary": chromium, "args": args},
    }}})
}

/// The body of an answer that says its length.
fn read_body(stream: TcpStream) -> Vec<u8> {
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        if line.trim().is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    body
}
