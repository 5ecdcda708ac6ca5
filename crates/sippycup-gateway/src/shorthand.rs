//! Gateways written in one line: `rest,stage=prod,base-path=shop`.

use std::str::FromStr;

use crate::{ConfigError, Domain, Gateway, GatewayBuilder, Kind};

impl FromStr for GatewayBuilder {
    type Err = ConfigError;

    /// # Errors
    ///
    /// If the kind or a setting is unknown or malformed. What does not fit together is found by [`build`](GatewayBuilder::build).
    fn from_str(text: &str) -> Result<Self, ConfigError> {
        let mut parts = text.split(',').map(str::trim);
        let kind: Kind = parts.next().unwrap_or_default().parse()?;
        let mut builder = Gateway::builder(kind);
        let mut mapped = Mapped::default();
        let mut once = Vec::new();
        for part in parts.filter(|part| !part.is_empty()) {
            let (key, value) = part.split_once('=').unwrap_or((part, ""));
            let wrong = |what: &str| ConfigError::new(format!("gateway `{text}`: {what} `{part}`"));
            if !REPEATABLE.contains(&key) {
                // Of two values one would be lost.
                if once.contains(&key) {
                    return Err(wrong("expected this setting once, found a second"));
                }
                once.push(key);
            }
            builder = match key {
                "stage-in-path" | "stream" if !value.is_empty() => {
                    return Err(wrong("expected no value in"));
                }
                "stage-in-path" => {
                    mapped.stage_in_path = true;
                    builder
                }
                "stream" => builder.response_streaming(true),
                _ if value.is_empty() => {
                    return Err(wrong("expected a setting with a value, found"));
                }
                "allow-host" => builder.allow_host(value),
                "base-path" => {
                    mapped.base_paths.push(value);
                    builder
                }
                "binary" => builder.binary_media_type(value),
                "domain" => {
                    mapped.domain = Some(value);
                    builder
                }
                "route" => builder.route(value),
                "source-ip" => builder.source_ip(value.parse().map_err(|_| wrong("expected an IP address, found"))?),
                "stage" => builder.stage(value),
                _ => match key.strip_prefix("var.") {
                    Some(name) => builder.stage_variable(name, value),
                    None => return Err(wrong(&format!("expected one of {SETTINGS}, found"))),
                },
            };
        }
        Ok(mapped.apply(builder))
    }
}

/// The parts of a custom domain. A base path without a domain gets an example name.
#[derive(Debug, Default)]
pub(crate) struct Mapped<'a> {
    pub(crate) domain: Option<&'a str>,
    pub(crate) base_paths: Vec<&'a str>,
    pub(crate) stage_in_path: bool,
}

impl Mapped<'_> {
    pub(crate) fn apply(self, builder: GatewayBuilder) -> GatewayBuilder {
        if self.domain.is_none() && self.base_paths.is_empty() && !self.stage_in_path {
            return builder;
        }
        let domain = Domain::new(self.domain.unwrap_or("api.example.com"));
        let paths = if self.base_paths.is_empty() { vec![""] } else { self.base_paths };
        builder.domain(paths.into_iter().fold(domain, |domain, path| {
            if self.stage_in_path { domain.mapping_without_stage(path) } else { domain.mapping(path) }
        }))
    }
}

const REPEATABLE: [&str; 4] = ["allow-host", "base-path", "binary", "route"];

const SETTINGS: &str =
    "allow-host, base-path, binary, domain, route, source-ip, stage, stage-in-path, stream, var.NAME";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_says_what_a_builder_says() {
        for (text, base_path) in [
            ("http", ""),
            ("http,stage=dev", "/dev"),
            ("rest, stage=prod, base-path=shop", "/shop"),
            ("rest,stage=live,base-path=shop,stage-in-path", "/shop/live"),
            ("rest,domain=a.example", ""),
            ("url,stream,source-ip=192.0.2.1,allow-host=*.example.com", ""),
        ] {
            let gateway = text.parse::<GatewayBuilder>().unwrap().build(()).unwrap();
            assert_eq!(gateway.base_path(), base_path, "{text}");
        }
    }

    #[test]
    fn a_malformed_line_names_its_part() {
        for (text, message) in [
            (
                "rest,stagge=prod",
                "gateway `rest,stagge=prod`: expected one of allow-host, base-path, binary, domain, route, source-ip, stage, \
                 stage-in-path, stream, var.NAME, found `stagge=prod`",
            ),
            (
                "rest,stage=a,stage=b",
                "gateway `rest,stage=a,stage=b`: expected this setting once, found a second `stage=b`",
            ),
            ("url,stream,stream", "gateway `url,stream,stream`: expected this setting once, found a second `stream`"),
            (
                "rest,var.A=b,var.A=c",
                "gateway `rest,var.A=b,var.A=c`: expected this setting once, found a second `var.A=c`",
            ),
            ("rest,stage", "gateway `rest,stage`: expected a setting with a value, found `stage`"),
            ("url,stream=yes", "gateway `url,stream=yes`: expected no value in `stream=yes`"),
            ("rest,source-ip=x", "gateway `rest,source-ip=x`: expected an IP address, found `source-ip=x`"),
        ] {
            assert_eq!(text.parse::<GatewayBuilder>().unwrap_err().to_string(), message);
        }
    }
    #[test]
    fn every_setting_that_a_message_lists_is_known() {
        for name in SETTINGS.split(", ") {
            let said = format!("rest,{name}=x").parse::<GatewayBuilder>().err().map(|error| error.to_string());
            assert!(!said.as_deref().unwrap_or_default().contains(SETTINGS), "{name}: {said:?}");
        }
    }
}
