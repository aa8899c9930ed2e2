//! The page `report.html` of a real run, opened in a real browser from its folder.
//!
//! Two toys are measured, the page is opened by its `file://` address in headless Chromium, and what a
//! reader does is done: look, sort, filter, open. Where there is no browser the test says so and
//! passes; under `CI=true` that is a failure.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    reason = "a failed step of a test is a failed test"
)]
#![allow(
    clippy::disallowed_methods,
    reason = "the test starts the program and a browser"
)]

mod beside;
mod webdriver;
#[path = "../cli/workplace.rs"]
#[allow(dead_code, reason = "the tests of the command line use all of it")]
mod workplace;

use serde_json::{Value, json};
use webdriver::Browser;
use workplace::Workplace;

#[test]
fn a_reader_can_use_the_report_in_a_real_browser() {
    let Some(browser) = Browser::start() else {
        let ci = std::env::var("CI").is_ok_and(|value| value == "true");
        assert!(!ci, "under CI=true there must be chromium and chromedriver");
        eprintln!(
            "NOT TESTED: no chromium with chromedriver here; report.html was opened by nobody"
        );
        return;
    };
    let place = Workplace::new();
    open_report(&browser, &place);
    nothing_is_fetched(&browser);
    charts_are_drawn(&browser);
    a_mark_says_what_it_is_while_a_pointer_rests_on_it(&browser);
    nothing_is_wider_than_the_window(&browser);
    a_heading_sorts_its_table(&browser);
    samples_are_filtered(&browser);
    a_sample_opens(&browser);
    beside::what_was_asked_stands_above_the_answer(&browser, place.only_run("runs").path());
    beside::an_answer_is_put_beside_the_other_models(&browser);
    assert_eq!(browser.log("browser"), NOTHING, "nothing went wrong so far");
    resistance_is_real(&browser);
    many_attempts_are_drawn_when_they_are_looked_at(&browser, &place);
}

/// An empty log.
const NOTHING: Vec<Value> = Vec::new();

/// Measures the toy with two seeds and opens the report.
fn open_report(browser: &Browser, place: &Workplace) {
    place.toy("other", 8);
    let words = [
        "bench",
        "toy.gguf",
        "other.gguf",
        "-t",
        "1",
        "--preset",
        "smoke",
        "-q",
    ];
    place.whet(&words).with_code(0);
    let run = place.only_run("runs");
    // What the browser does of its own before the page is not the page's doing.
    browser.log("performance");
    let address = format!("file://{}", run.path().join("report.html").display());
    browser.post("url", &json!({ "url": address }));
    let title = browser.eval("return document.title");
    assert!(title.as_str().unwrap().contains("2_models"), "{title}");
    assert_eq!(browser.log("browser"), NOTHING, "the console is silent");
}

/// The page asks for nothing but itself, and forbids itself to.
fn nothing_is_fetched(browser: &Browser) {
    let resources = "return performance.getEntriesByType('resource').map((entry) => entry.name)";
    assert_eq!(browser.eval(resources), json!([]));
    let requests: Vec<String> = browser
        .log("performance")
        .iter()
        .map(|entry| serde_json::from_str(entry["message"].as_str().unwrap()).unwrap())
        .filter(|event: &Value| event["message"]["method"] == "Network.requestWillBeSent")
        .map(|event| event["message"]["params"]["request"]["url"].to_string())
        .collect();
    assert_eq!(requests.len(), 1, "only the page itself: {requests:?}");
    assert!(requests[0].contains("report.html"), "{requests:?}");
    let policy = browser
        .eval("return document.querySelector('meta[http-equiv=Content-Security-Policy]').content");
    assert!(
        policy.as_str().unwrap().contains("default-src 'none'"),
        "{policy}"
    );
}

fn charts_are_drawn(browser: &Browser) {
    let charts = browser.eval(
        "return [...document.querySelectorAll('figure svg')].map((svg) => {
           const box = svg.getBoundingClientRect();
           return [box.width, box.height, svg.querySelectorAll('path, rect, line, circle').length];
         })",
    );
    let charts = charts.as_array().unwrap().clone();
    assert!(charts.len() >= 4, "{charts:?}");
    for chart in &charts {
        let number = |index: usize| chart[index].as_f64().unwrap();
        assert!(number(0) > 200.0 && number(1) > 80.0, "a size: {chart}");
        assert!(number(2) >= 4.0, "something is drawn: {chart}");
    }
}

/// A real pointer, moved by the browser.
fn a_mark_says_what_it_is_while_a_pointer_rests_on_it(browser: &Browser) {
    let tip = "const tip = document.querySelector('.tip'); const box = tip.getBoundingClientRect();
        return [tip.checkVisibility(), tip.textContent, box.left >= 0 && box.top >= 0
          && box.right <= innerWidth && box.bottom <= innerHeight]";
    let before = browser.eval(tip);
    assert_eq!(before[0], false, "{before}");
    browser.hover(".chart svg [data-said]");
    let over = browser.eval(tip);
    let said = browser.eval("return document.querySelector('.chart svg [data-said]').dataset.said");
    assert_eq!(over, json!([true, said, true]));
    let said = said.as_str().unwrap();
    assert!(said.contains(" · ") && said.contains("toy"), "{said}");
    browser.hover("h1");
    assert_eq!(browser.eval(tip)[0], false, "it goes with the pointer");
}

fn nothing_is_wider_than_the_window(browser: &Browser) {
    let widths = browser.eval(
        "return [innerWidth, document.documentElement.scrollWidth, document.body.scrollWidth]",
    );
    let width = |index: usize| widths[index].as_u64().unwrap();
    assert!(
        width(0) >= 1100,
        "the window is as wide as it should be: {widths}"
    );
    assert!(width(1) <= width(0) && width(2) <= width(0), "{widths}");
}

/// Clicking a heading orders by it, clicking again turns the order, and no row is lost.
fn a_heading_sorts_its_table(browser: &Browser) {
    let rows = "return [...document.querySelector('table.sortable').tBodies[0].rows]
        .map((row) => row.cells[0].textContent)";
    let names = |value: Value| -> Vec<String> { serde_json::from_value(value).unwrap() };
    let before = names(browser.eval(rows));
    assert!(before.len() >= 3, "{before:?}");
    let heading = "table.sortable thead th:first-child button";
    browser.click(heading);
    let up = names(browser.eval(rows));
    browser.click(heading);
    let down = names(browser.eval(rows));
    assert_ne!(up, before, "the first click changed the order");
    assert!(down.iter().rev().eq(up.iter()), "{up:?} {down:?}");
    let sorted = |mut names: Vec<String>| {
        names.sort();
        names
    };
    assert_eq!(sorted(before), sorted(up.clone()));
    let said = browser.eval(
        "return document.querySelector('table.sortable th:first-child').getAttribute('aria-sort')",
    );
    assert_eq!(said, "descending");
}

/// Samples that are on the page, and the number that the page gives.
fn shown(browser: &Browser) -> (u64, String) {
    let seen = browser.eval(
        "return [[...document.querySelectorAll('.sample')]
            .filter((sample) => sample.getBoundingClientRect().height > 0).length,
          document.getElementById('shown').textContent]",
    );
    let text = seen[1].as_str().unwrap().to_owned();
    (seen[0].as_u64().unwrap(), text)
}

/// Two models, two suites, three problems: twelve samples; a filter leaves those it names.
fn samples_are_filtered(browser: &Browser) {
    assert_eq!(shown(browser), (12, "12 of 12".into()));
    let choose = |id: &str, value: &str| {
        browser.eval(&format!(
            "const field = document.getElementById('{id}'); field.value = '{value}';
             field.dispatchEvent(new Event('input', {{bubbles: true}}))"
        ))
    };
    choose("by-model", "other");
    assert_eq!(shown(browser), (6, "6 of 12".into()));
    choose("by-suite", "cpp-demo");
    assert_eq!(shown(browser), (3, "3 of 12".into()));
    choose("by-model", "");
    choose("by-suite", "");
    browser.type_into("#find", "FIBONACCI");
    assert_eq!(
        shown(browser),
        (2, "2 of 12".into()),
        "one problem, two models"
    );
    browser.type_into("#find", " that nobody wrote");
    assert_eq!(shown(browser), (0, "0 of 12".into()));
    choose("find", "");
    assert_eq!(shown(browser), (12, "12 of 12".into()));
}

fn a_sample_opens(browser: &Browser) {
    let seen = || {
        browser.eval(
            "const sample = document.querySelector('.sample');
             return [sample.querySelector('pre').checkVisibility(),
               sample.getBoundingClientRect().height]",
        )
    };
    let closed = seen();
    assert_eq!(closed[0], false, "closed at first");
    browser.click(".sample summary");
    let open = seen();
    assert_eq!(open[0], true, "open after a click");
    assert!(open[1].as_f64() > closed[1].as_f64(), "{closed} {open}");
}

/// The run's twelve attempts a hundred times over: the page draws some, finds all, and opens them.
fn many_attempts_are_drawn_when_they_are_looked_at(browser: &Browser, place: &Workplace) {
    let run = place.only_run("runs").path().to_owned();
    multiply(&run, 100);
    beside::write_known_programs(&run);
    let folder = run.display().to_string();
    place.whet(&["report", &folder, "-q"]).with_code(0);
    let address = format!("file://{}", run.join("report.html").display());
    browser.post("url", &json!({ "url": address }));
    wait(browser, "document.querySelector('.sample')");
    assert_eq!(shown(browser), (200, "1200 of 1200".into()));
    browser.click("#more");
    assert_eq!(shown(browser), (400, "1200 of 1200".into()));
    browser.type_into("#find", "FIBONACCI");
    wait(
        browser,
        "document.getElementById('shown').textContent === '200 of 1200'",
    );
    assert_eq!(shown(browser).0, 200);
    browser.click(".sample summary");
    wait(
        browser,
        "document.querySelector('.sample pre')?.checkVisibility()",
    );
    browser.type_into("#find", " that nobody wrote");
    wait(
        browser,
        "document.getElementById('shown').textContent === '0 of 1200'",
    );
    beside::known_programs_differ_by_known_lines(browser);
    assert_eq!(browser.log("browser"), NOTHING, "the console is silent");
}

/// Until something is so; the driver gives up by itself.
fn wait(browser: &Browser, what: &str) {
    browser.eval(&format!(
        "return (async () => {{
           while (!({what})) await new Promise((done) => setTimeout(done, 20));
         }})()"
    ));
}

/// Writes every attempt and verdict of a run so many times, with new numbers.
fn multiply(run: &std::path::Path, times: u64) {
    for name in ["attempts.jsonl", "verdicts.jsonl"] {
        let text = std::fs::read_to_string(run.join(name)).unwrap();
        let records: Vec<Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let mut out = String::new();
        for round in 0..times {
            for record in &records {
                let mut record = record.clone();
                let number = record["key"]["attempt"].as_u64().unwrap();
                record["key"]["attempt"] = (number + 10 * round).into();
                out.push_str(&format!("{record}\n"));
            }
        }
        std::fs::write(run.join(name), out).unwrap();
    }
}

/// Markup that got into the page in spite of everything could neither run nor load.
fn resistance_is_real(browser: &Browser) {
    let done = browser.eval(
        "const place = document.createElement('div');
         place.innerHTML = '<img src=\"http://127.0.0.1:9/x.png\" onerror=\"window.broken = 1\">';
         document.body.append(place);
         const script = document.createElement('script');
         script.textContent = 'window.broken = 2';
         document.body.append(script);
         return new Promise((answer) => setTimeout(() => answer(window.broken ?? 0), 50))",
    );
    assert_eq!(done, 0, "an injected script ran");
    let complaints = browser.log("browser");
    let is_refusal = |entry: &Value| {
        let message = entry["message"].as_str().unwrap();
        message.contains("Content Security Policy")
    };
    assert!(
        !complaints.is_empty() && complaints.iter().all(is_refusal),
        "{complaints:#?}"
    );
    let requests = browser.log("performance");
    let is_network = |entry: &Value| {
        let message = entry["message"].as_str().unwrap();
        message.contains("requestWillBeSent\"") && message.contains("127.0.0.1:9/")
    };
    let sent: Vec<&Value> = requests.iter().filter(|entry| is_network(entry)).collect();
    assert!(
        sent.iter().all(|entry| blocked(entry, &requests)),
        "{sent:#?}"
    );
}

/// Whether a request that was announced was then refused by the page's policy.
fn blocked(request: &Value, log: &[Value]) -> bool {
    let event: Value = serde_json::from_str(request["message"].as_str().unwrap()).unwrap();
    let id = event["message"]["params"]["requestId"]
        .as_str()
        .unwrap()
        .to_owned();
    log.iter().any(|entry| {
        let message = entry["message"].as_str().unwrap();
        message.contains(&id) && message.contains("\"blockedReason\":\"csp\"")
    })
}
