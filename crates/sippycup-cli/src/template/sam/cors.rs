//! `Cors` of a REST API: mock integrations that answer preflight requests.

use std::collections::BTreeMap;

use super::access::Auth;
use crate::template::document::{Fault, Node};
use crate::template::model::cors::unquoted;
use crate::template::model::{Reply, Route, Routes, Target};
use crate::template::scope::Scope;

/// Adds `OPTIONS` to each path that has none.
pub(super) fn add(scope: &Scope<'_>, cors: &Node, auth: &Auth, routes: &mut Routes, owner: &str) -> Result<(), Fault> {
    let Some(cors) = scope.value(cors)? else { return Ok(()) };
    let text = |key: &str| {
        cors.get(key).filter(|value| !value.is_null()).map(|value| value.string().map(unquoted)).transpose()
    };
    let (origin, methods, headers, age, credentials) = if cors.is_map() {
        let credentials = cors.get("AllowCredentials").map(Node::boolean).transpose()?.unwrap_or(false);
        (text("AllowOrigin")?, text("AllowMethods")?, text("AllowHeaders")?, text("MaxAge")?, credentials)
    } else {
        (Some(unquoted(cors.string()?)), None, None, None, false)
    };
    if credentials && origin.as_deref().is_none_or(|origin| origin == "*") {
        return Err(cors.fault("`AllowCredentials` needs an `AllowOrigin` other than `'*'`"));
    }
    let mut paths: Vec<String> = routes.routes.iter().map(|route| route.path.clone()).collect();
    paths.dedup();
    for path in paths {
        if routes.find("OPTIONS", &path).is_some() {
            continue;
        }
        let mut sent = BTreeMap::new();
        let allowed = methods.clone().unwrap_or_else(|| of_path(routes, &path));
        for (name, value) in [("Origin", origin.clone()), ("Methods", Some(allowed)), ("Headers", headers.clone())] {
            sent.extend(value.map(|value| (format!("Access-Control-Allow-{name}"), value)));
        }
        sent.extend(age.clone().map(|age| ("Access-Control-Max-Age".to_owned(), age)));
        if credentials {
            sent.insert("Access-Control-Allow-Credentials".to_owned(), "true".to_owned());
        }
        sent.insert("Content-Type".to_owned(), "application/json".to_owned());
        let reply = Reply { status: 200, headers: sent, body: "{}\n".to_owned() };
        let route = Route {
            method: "OPTIONS".to_owned(),
            path,
            span: cors.span,
            target: Target::Answer(reply),
            access: auth.of_preflight(),
            timeout: None,
            tenant: None,
            is_version_1: false,
            validator: None,
        };
        routes.add(route, owner)?;
    }
    Ok(())
}

/// The methods of a path and `OPTIONS`, in alphabetical order.
fn of_path(routes: &Routes, path: &str) -> String {
    let mut methods = vec!["OPTIONS"];
    for route in routes.routes.iter().filter(|route| route.path == path) {
        match &*route.method {
            "ANY" => methods.extend(["DELETE", "GET", "HEAD", "PATCH", "POST", "PUT"]),
            method => methods.push(method),
        }
    }
    methods.sort_unstable();
    methods.dedup();
    methods.join(",")
}
