//! `MIRROR_OPTIONS`: the options of the builder, separated by commas.

use std::{str::FromStr, time::Duration};

use http::StatusCode;
use sippycup::{App, BasePath, BinaryPolicy, BoxError, SippyCupLayer, events::WarmUp, serve::Serve};

use crate::hooks;

#[derive(Debug, Default)]
pub(crate) struct Options {
    layer: SippyCupLayer,
    /// Whether answers are streamed.
    pub(crate) stream: bool,
    /// Whether a streamed answer without a body gets one byte.
    pub(crate) first_byte: bool,
    /// Whether events that are not HTTP are answered.
    events: bool,
    /// Whether those of WebSocket APIs are too.
    web_socket_events: bool,
    /// Whether pings are answered before everything.
    warm_up: bool,
    deadline_margin: Option<Duration>,
    panic_as_500: bool,
    fail_on_5xx: bool,
    oversize: Option<StatusCode>,
    /// How long the hook after each invocation sleeps.
    after: Option<Duration>,
    /// Whether the end of the process is told.
    shutdown: bool,
    /// Whether there is a log.
    pub(crate) log: bool,
}

impl Options {
    /// Has the app run with these.
    pub(crate) fn apply<S: App>(self, mut serve: Serve<S>) -> Serve<S> {
        serve = serve.layer(self.layer);
        if self.events {
            serve = serve.events(hooks::seen);
        }
        if self.web_socket_events {
            serve = serve.web_socket_events();
        }
        if self.warm_up {
            serve = serve.warm_up(WarmUp::new());
        }
        if let Some(margin) = self.deadline_margin {
            serve = serve.deadline_margin(margin);
        }
        if self.panic_as_500 {
            serve = serve.panic_as_500();
        }
        if self.fail_on_5xx {
            serve = serve.fail_on(500..=599);
        }
        if let Some(status) = self.oversize {
            serve = serve.oversize_as(status);
        }
        if let Some(pause) = self.after {
            serve = serve.after_invocation(move || hooks::after(pause));
            // It is to show how long a hook may take, not that it is cut off.
            serve = serve.after_invocation_limit(pause + hooks::ROOM);
        }
        if self.shutdown {
            serve = serve.on_shutdown(hooks::shutdown);
        }
        serve
    }
}

impl FromStr for Options {
    type Err = BoxError;

    fn from_str(text: &str) -> Result<Self, BoxError> {
        let mut options = Self::default();
        let mut base64 = Vec::new();
        for option in text.split(',').map(str::trim).filter(|option| !option.is_empty()) {
            let layer = options.layer;
            let (name, value) = option.split_once('=').unwrap_or((option, ""));
            options.layer = match (name, value) {
                ("mount-at-resource", "") => layer.mount_at_resource(true),
                ("base-path", path) => layer.base_path(BasePath::try_from(path)?),
                ("no-rewrite-location", "") => layer.rewrite_location(false),
                ("rewrite-cookie-path", "") => layer.rewrite_cookie_path(true),
                ("no-rewrite-cookie-path", "") => layer.rewrite_cookie_path(false),
                ("public-host", host) => layer.public_host(host.parse()?),
                ("forwarded-hops", hops) => layer.forwarded_hops(hops.parse()?),
                _ => layer,
            };
            match (name, value) {
                (
                    "mount-at-resource" | "no-rewrite-location" | "rewrite-cookie-path" | "no-rewrite-cookie-path",
                    "",
                )
                | ("base-path" | "public-host" | "forwarded-hops", _) => {}
                ("base64", media_type) => base64.push(media_type.to_owned()),
                ("stream", "") => options.stream = true,
                ("first-byte", "") => options.first_byte = true,
                ("events", "") => options.events = true,
                ("web-socket-events", "") => options.web_socket_events = true,
                ("warm-up", "") => options.warm_up = true,
                ("deadline-margin", millis) => options.deadline_margin = Some(milliseconds(millis)?),
                ("panic-as-500", "") => options.panic_as_500 = true,
                ("fail-on-5xx", "") => options.fail_on_5xx = true,
                ("oversize", status) => options.oversize = Some(status.parse()?),
                ("after", millis) => options.after = Some(milliseconds(millis)?),
                ("shutdown", "") => options.shutdown = true,
                ("log", "") => options.log = true,
                _ => return Err(format!("unknown option `{option}` in MIRROR_OPTIONS").into()),
            }
        }
        options.layer = options.layer.binary_policy(BinaryPolicy::default().base64_for(base64));
        Ok(options)
    }
}

fn milliseconds(number: &str) -> Result<Duration, BoxError> {
    Ok(Duration::from_millis(number.parse()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_known_or_refused() {
        let all = "mount-at-resource, base-path=/x,no-rewrite-location,rewrite-cookie-path,no-rewrite-cookie-path,\
            public-host=shop.example.com,forwarded-hops=2,base64=image/*,stream,first-byte,events,web-socket-events,\
            warm-up,deadline-margin=100,panic-as-500,fail-on-5xx,oversize=507,after=5,shutdown,log";
        let options: Options = all.parse().unwrap();
        assert!(options.stream && options.first_byte && options.events && options.web_socket_events && options.warm_up);
        assert!(options.panic_as_500 && options.fail_on_5xx && options.shutdown && options.log);
        assert_eq!(options.deadline_margin, Some(Duration::from_millis(100)));
        assert_eq!(
            (options.oversize, options.after),
            (Some(StatusCode::INSUFFICIENT_STORAGE), Some(Duration::from_millis(5)))
        );
        let options: Options = "".parse().unwrap();
        assert!(!options.stream && !options.events && !options.warm_up && options.oversize.is_none());
        assert!("streem".parse::<Options>().is_err());
        for refused in [
            "base-path=/a b",
            "public-host=a b",
            "forwarded-hops=x",
            "oversize=2",
            "after=",
            "deadline-margin=-1",
            "shutdown=1",
        ] {
            assert!(refused.parse::<Options>().is_err(), "{refused}");
        }
    }
}
