//! Throttles of stages and of usage plans, which are those of single methods or routes.

use sippycup_gateway::Throttle;

use super::Route;
use crate::plan::{RouteThrottle, Said};
use crate::template::document::{Entry, Fault, Node, Span};
use crate::template::scope::Scope;

/// `MethodSettings` of a stage of a REST API.
///
/// Every slash of a path but the first one may be written `~1`: `/~1items~1{id}` and `/items/{id}` are the same; `/*` and `*` are every path.
pub(crate) fn of_methods(settings: Option<&Node>) -> Result<Vec<Said<RouteThrottle>>, Fault> {
    let mut throttles = Vec::new();
    for setting in settings.filter(|node| !node.is_null()).map(Node::items).unwrap_or_default() {
        let Some(throttle) = limit(setting, "ThrottlingRateLimit", "ThrottlingBurstLimit")? else { continue };
        let text = |key: &str| setting.get(key).map_or(Ok("*"), Node::string);
        let (method, path) = (text("HttpMethod")?, text("ResourcePath")?);
        add(&mut throttles, setting.span, routes(method, path), throttle);
    }
    Ok(throttles)
}

/// `DefaultRouteSettings` and `RouteSettings` of a stage of an HTTP API.
pub(crate) fn of_routes(default: Option<&Node>, own: Option<&Node>) -> Result<Vec<Said<RouteThrottle>>, Fault> {
    let mut throttles = Vec::new();
    if let Some(settings) = default {
        add_route(&mut throttles, "*", settings)?;
    }
    for Entry { key, value, .. } in own.map(Node::entries).unwrap_or_default() {
        add_route(&mut throttles, key, value)?;
    }
    Ok(throttles)
}

/// `RouteSettings` of one route.
pub(crate) fn add_route(throttles: &mut Vec<Said<RouteThrottle>>, key: &str, settings: &Node) -> Result<(), Fault> {
    if let Some(throttle) = limit(settings, "ThrottlingRateLimit", "ThrottlingBurstLimit")? {
        add(throttles, settings.span, key.to_owned(), throttle);
    }
    Ok(())
}

/// `Throttle` of a stage of a usage plan, by paths with the method behind them: `/items/{id}/GET`.
pub(crate) fn of_plan(throttle: Option<&Node>) -> Result<Vec<(String, Throttle)>, Fault> {
    let mut throttles = Vec::new();
    for Entry { key, value, .. } in throttle.map(Node::entries).unwrap_or_default() {
        let Some(limit) = limit(value, "RateLimit", "BurstLimit")? else { continue };
        let (path, method) = key.rsplit_once('/').ok_or_else(|| value.unlike("a path with a method behind it"))?;
        throttles.push((routes(method, path), limit));
    }
    Ok(throttles)
}

/// The throttles that limit some of the routes with these keys.
pub(crate) fn those_of(throttles: &[Said<RouteThrottle>], keys: &[Said<String>]) -> Vec<Said<RouteThrottle>> {
    let fits =
        |throttle: &&Said<RouteThrottle>| keys.iter().any(|key| Throttle::is_for(&throttle.value.routes, &key.value));
    throttles.iter().filter(fits).cloned().collect()
}

/// Whether settings of a stage are about more than throttling.
pub(crate) fn say_more(settings: &Node) -> bool {
    let says_more = |entry: &Entry| match entry.value.is_map() {
        true => say_more(&entry.value),
        // What is off needs nobody.
        false => !THROTTLES.contains(&&*entry.key) && !matches!(entry.value.as_text(), None | Some("false" | "OFF")),
    };
    settings.items().iter().flat_map(Node::entries).any(says_more)
}

/// Notes those that limit nothing.
pub(crate) fn note_missing(scope: &Scope<'_>, api: &str, throttles: &[Said<RouteThrottle>], routes: &[Route]) {
    for wanted in throttles.iter().map(|throttle| &throttle.value.routes) {
        // A REST API makes no difference between a path and the same one with a slash at its end.
        let is_there = |key: &str| Throttle::is_for(wanted, key) || Throttle::is_for(wanted, key.trim_end_matches('/'));
        if !routes.iter().any(|route| is_there(&route.key())) {
            let what = format!("the throttle of `{wanted}`");
            scope.notes.borrow_mut().pass(api, &what, "there is no such route");
        }
    }
}

/// A rate and a burst, of which one that is not there is no limit; `None` if neither is one.
pub(crate) fn limit(node: &Node, rate: &str, burst: &str) -> Result<Option<Throttle>, Fault> {
    let number = |key: &str| match node.get(key).filter(|value| !value.is_null()) {
        Some(value) => Ok(Some(value.number()?).filter(|number| *number >= 0.0)),
        None => Ok(None),
    };
    let (rate, burst) = (number(rate)?, number(burst)?);
    if rate.is_none() && burst.is_none() {
        return Ok(None);
    }
    let text = format!("{}/{:.0}", rate.unwrap_or(NO_LIMIT), burst.unwrap_or(NO_LIMIT));
    text.parse().map(Some).map_err(|error| node.fault(error))
}

fn add(throttles: &mut Vec<Said<RouteThrottle>>, span: Span, routes: String, throttle: Throttle) {
    // The last one of the same routes counts.
    throttles.retain(|other| other.value.routes != routes);
    throttles.push(Said { value: RouteThrottle { routes, throttle }, span: Some(span.start..span.end) });
}

/// A method and a path as the gateway reads them.
fn routes(method: &str, path: &str) -> String {
    let path = path.replace("~1", "/");
    let path = path.trim_matches('/');
    let method = method.to_ascii_uppercase();
    match (method.as_str(), path) {
        ("*", "*") => "*".to_owned(),
        (method, "*") => format!("{method} *"),
        (method, path) => format!("{method} /{path}"),
    }
}

const NO_LIMIT: f64 = 1e9;

/// What settings of a stage have beside what they are about.
const THROTTLES: &[&str] = &["HttpMethod", "ResourcePath", "ThrottlingBurstLimit", "ThrottlingRateLimit"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_and_paths_are_read_however_they_are_written() {
        for (method, path, read) in [
            ("*", "/*", "*"),
            ("*", "*", "*"),
            ("GET", "/*", "GET *"),
            ("get", "/~1items~1{id}", "GET /items/{id}"),
            ("GET", "/items/{id}", "GET /items/{id}"),
            ("ANY", "{proxy+}", "ANY /{proxy+}"),
            ("GET", "/", "GET /"),
            ("GET", "/~1", "GET /"),
            ("GET", "", "GET /"),
            ("*", "/~1items", "* /items"),
        ] {
            assert_eq!(routes(method, path), read, "{method} {path}");
        }
    }
}
