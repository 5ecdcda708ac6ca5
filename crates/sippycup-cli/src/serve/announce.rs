//! Where a front door is: the first lines, with URLs that can be pasted.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use http::Method;
use sippycup_gateway::{Gateway, Gateways, Kind};

use crate::certain::Certain;

/// A line for each way to a gateway. `name` is that of its function or of the front door, where there are several.
pub(crate) fn lines<F>(
    gateways: &Gateways<F>,
    gateway: &Gateway<F>,
    listening: SocketAddr,
    secured: bool,
    name: Option<&str>,
) -> Vec<String> {
    let address = reachable(listening);
    // One that has only `POST /items` is found by that, and not by its base path.
    let leads_here = |host: &str, base: &str| {
        gateway.knows(host, &format!("{base}/"))
            && gateway.routes().iter().any(|route| {
                // What its rules choose between is on one address.
                if gateway.target_group().is_some() || gateway.shares_listener(gateway) {
                    return gateways.choose(&Method::GET, host, "/").shares_listener(gateway);
                }
                let (method, path) = route.split_once(' ').unwrap_or(("ANY", "/"));
                let method = Method::from_bytes(method.as_bytes()).certain();
                std::ptr::eq(gateways.choose(&method, host, &format!("{base}{path}")), gateway)
            })
    };
    let kind = format!("{:>9}:", gateway.kind());
    let mut lines = Vec::new();
    for (domain, base) in gateway.host_paths() {
        // A client of a WebSocket API writes the stage, and nothing behind it.
        let is_ws = gateway.kind() == Kind::WebSocketApi;
        let scheme = scheme(gateway.kind(), secured);
        let path = if is_ws { base.clone() } else { format!("{base}/") };
        let own = domain != gateway.default_domain();
        let names = [name, own.then_some(domain)].into_iter().flatten().collect::<Vec<_>>().join(", ");
        let names = if name.is_some() { format!("  ({names})") } else { String::new() };
        if leads_here(&address.to_string(), &base) {
            lines.push(format!("{kind} {scheme}://{address}{path}{names}"));
        } else if leads_here(domain, &base) {
            // Another front door has this path on any other host, so that the client must be told where the domain is.
            let url = format!("{scheme}://{domain}:{}{path}", address.port());
            let resolved = domain.ends_with(".localhost");
            let curl = if resolved || is_ws { String::new() } else { format!("curl --connect-to ::{address} ") };
            lines.push(format!("{kind} {curl}{url}{names}"));
        }
    }
    let rules = gateway.routing_rules();
    if lines.is_empty() && !rules.is_empty() {
        // What they want of headers is in no URL.
        for (domain, base) in gateway.host_paths() {
            let names = [name, Some(domain)].into_iter().flatten().collect::<Vec<_>>().join(", ");
            lines.push(format!("{kind} {}://{address}{base}/  ({names})", scheme(gateway.kind(), secured)));
        }
    }
    lines.extend(rules.iter().map(|rule| format!("{:>9}  {rule}", "")));
    if lines.is_empty() {
        lines.push(format!(
            "{kind} no request finds it, for another one is in front of it: give it a stage, a domain or an address of its own{}",
            name.map(|name| format!("  ({name})")).unwrap_or_default()
        ));
    }
    lines
}

/// The URLs of a gateway on this machine, one for each base path; a domain among them is to be named as the host.
pub(crate) fn urls<F>(gateway: &Gateway<F>, listening: SocketAddr, secured: bool) -> Vec<String> {
    let (address, scheme) = (reachable(listening), scheme(gateway.kind(), secured));
    let end = if gateway.kind() == Kind::WebSocketApi { "" } else { "/" };
    gateway.base_paths().iter().map(|base| format!("{scheme}://{address}{base}{end}")).collect()
}

const fn scheme(kind: Kind, secured: bool) -> &'static str {
    match (kind, secured) {
        (Kind::WebSocketApi, false) => "ws",
        (Kind::WebSocketApi, true) => "wss",
        (_, false) => "http",
        (_, true) => "https",
    }
}

/// Nobody can connect to the address that stands for all.
fn reachable(listening: SocketAddr) -> SocketAddr {
    let ip = match listening.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listening.port())
}

#[cfg(test)]
mod tests {
    use sippycup_gateway::Domain;

    use super::*;

    fn all(gateways: &Gateways<()>, listening: &str) -> Vec<String> {
        let listening = listening.parse().unwrap();
        gateways.iter().flat_map(|gateway| lines(gateways, gateway, listening, false, Some("shop"))).collect()
    }

    #[test]
    fn every_line_has_a_url_that_leads_to_its_gateway() {
        let domain = Domain::new("api.example.com").mapping("shop").mapping("shop/v2");
        let gateways = Gateways::new(Gateway::builder(Kind::RestApi).domain(domain).build(()).unwrap())
            .and(Gateway::builder(Kind::HttpApiV2).build(()).unwrap())
            .and(Gateway::builder(Kind::HttpApiV2).domain(Domain::new("blog.example.com")).build(()).unwrap())
            .and(Gateway::builder(Kind::HttpApiV2).domain(Domain::new("blog.localhost")).build(()).unwrap())
            .and(Gateway::builder(Kind::FunctionUrl).build(()).unwrap())
            .and(Gateway::builder(Kind::FunctionUrl).api_id("other").build(()).unwrap());
        assert_eq!(
            all(&gateways, "127.0.0.1:9000"),
            [
                "     rest: http://127.0.0.1:9000/shop/  (shop, api.example.com)",
                "     rest: http://127.0.0.1:9000/shop/v2/  (shop, api.example.com)",
                "     http: http://127.0.0.1:9000/  (shop)",
                "     http: curl --connect-to ::127.0.0.1:9000 http://blog.example.com:9000/  (shop, blog.example.com)",
                "     http: http://blog.localhost:9000/  (shop, blog.localhost)",
                "      url: curl --connect-to ::127.0.0.1:9000 http://a1b2c3d4e5.lambda-url.us-east-1.on.aws:9000/  (shop)",
                "      url: curl --connect-to ::127.0.0.1:9000 http://other.lambda-url.us-east-1.on.aws:9000/  (shop)",
            ]
        );
    }

    #[test]
    fn a_web_socket_api_is_found_at_its_stage() {
        let gateways = Gateways::new(Gateway::builder(Kind::WebSocketApi).stage("live").build(()).unwrap());
        assert_eq!(all(&gateways, "127.0.0.1:9000"), ["       ws: ws://127.0.0.1:9000/live  (shop)"]);
        let gateway = gateways.iter().next().unwrap();
        assert_eq!(urls(gateway, "127.0.0.1:9000".parse().unwrap(), true), ["wss://127.0.0.1:9000/live"]);
    }

    #[test]
    fn a_gateway_behind_another_one_is_told() {
        let http = || Gateway::builder(Kind::HttpApiV2).build(()).unwrap();
        let lines = all(&Gateways::new(http()).and(http()), "127.0.0.1:9000");
        assert!(lines[1].starts_with("     http: no request finds it"), "{lines:?}");
    }

    #[test]
    fn an_address_for_all_is_shown_as_one_that_can_be_asked() {
        let gateways = Gateways::new(Gateway::builder(Kind::RestApi).build(()).unwrap());
        assert_eq!(all(&gateways, "0.0.0.0:9000"), ["     rest: http://127.0.0.1:9000/prod/  (shop)"]);
        assert_eq!(all(&gateways, "[::]:9000"), ["     rest: http://[::1]:9000/prod/  (shop)"]);
    }
}
