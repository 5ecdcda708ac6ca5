//! Events through the middleware: what the app sees is a request that hyper could have made, what the client gets is
//! what the app answered, and nothing takes long.

#![no_main]

use std::{
    cell::RefCell,
    convert::Infallible,
    env,
    net::SocketAddr,
    pin::pin,
    rc::Rc,
    sync::LazyLock,
    task::{Context, Poll, Waker},
    time::Duration,
};

use axum::extract::{ConnectInfo, OriginalUri};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, Response, Uri, header, uri::Authority};
use http_body::Body as _;
use http_body_util::BodyExt;
use libfuzzer_sys::fuzz_target;
use rustix::time::{ClockId, clock_gettime};
use serde_json::Value;
use sippycup_core::{BasePath, EventSource, PublicUri};
use sippycup_layer::{Body, Error, SippyCupLayer};
use tower::{Layer, service_fn};
use tower_service::Service;

fuzz_target!(|data: &[u8]| {
    let setup = Setup::of(data);
    let event = Bytes::copy_from_slice(data);
    let start = cpu_time();
    exchange(&setup, &event);
    let slow = *SLOW;
    if data.len() < SMALL && cpu_time() - start > slow {
        // Once may be bad luck: a page fault, a cold cache. The best of several is the input's own.
        let best = (0..5).map(|_| {
            let start = cpu_time();
            exchange(&setup, &event);
            cpu_time() - start
        });
        let best = best.min().unwrap();
        assert!(best < slow, "{best:?} of CPU for an event of {} bytes", data.len());
    }
});

/// Settings as the input has it: the same input is the same run.
struct Setup {
    layer: SippyCupLayer,
    /// What becomes of the `Path` of cookies.
    cookie_paths: Option<bool>,
    /// What the app writes into headers with links in them, whatever it is.
    links: HeaderValue,
}

impl Setup {
    fn of(data: &[u8]) -> Self {
        let hash = data
            .iter()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
        let one_of = |place: u32, count: u64| (hash >> place) % 251 % count;
        let mut layer = SippyCupLayer::new().forwarded_hops(one_of(0, 4) as usize).mount_at_resource(one_of(8, 4) == 0);
        layer = layer.rewrite_headers([header::REFRESH, header::LINK, HX_LOCATION]);
        for (place, stated) in [(16, true), (24, false)] {
            let base = match one_of(place, 6) {
                0 => BasePath::from_static("/shop"),
                1 => BasePath::from_static("/prod"),
                2 => BasePath::ROOT,
                _ => continue,
            };
            layer = if stated { layer.base_path(base) } else { layer.base_path_fallback(base) };
        }
        layer = match one_of(32, 24) {
            0 => layer.source(EventSource::RestApi),
            1 => layer.source(EventSource::HttpApi),
            2 => layer.source(EventSource::WebSocket),
            3 => layer.source(EventSource::LoadBalancer),
            4 => layer.public_host(Authority::from_static("shop.example.com")),
            5 => layer.public_host_header(HeaderName::from_static("x-forwarded-host")),
            _ => layer,
        };
        let cookie_paths = [None, Some(true), Some(false)][one_of(40, 3) as usize];
        if let Some(rewrite) = cookie_paths {
            layer = layer.rewrite_cookie_path(rewrite);
        }
        let links: Vec<_> = data.iter().copied().filter(|byte| *byte >= b' ' && *byte != 0x7f).take(512).collect();
        Self { layer, cookie_paths, links: HeaderValue::from_bytes(&links).unwrap() }
    }

    /// The cookie's `Path` as it goes out.
    fn cookie_path(&self, path: &str, base: &BasePath) -> String {
        let stays = base.is_root() || base.strip(path).is_some();
        match (self.cookie_paths, path) {
            _ if stays => path.to_owned(),
            (Some(false), _) | (None, "/") => path.to_owned(),
            (Some(true), "/") => base.to_string(),
            _ => base.join(path),
        }
    }
}

fn exchange(setup: &Setup, event: &Bytes) {
    let seen = Rc::new(RefCell::new(None));
    let app = {
        let (seen, links) = (Rc::clone(&seen), setup.links.clone());
        service_fn(move |request: Request<Body>| {
            let (seen, links) = (Rc::clone(&seen), links.clone());
            async move {
                check_request(&request);
                *seen.borrow_mut() = request.extensions().get::<BasePath>().cloned();
                let response = Response::builder()
                    .status(303)
                    .header(header::LOCATION, "/login?next=/a%20b")
                    .header(header::CONTENT_LOCATION, "https://elsewhere.example/x")
                    .header(header::SET_COOKIE, "a=1; Path=/admin")
                    .header(header::SET_COOKIE, "b=2; Path=/; Secure")
                    .header(header::REFRESH, &links)
                    .header(header::LINK, &links)
                    .header(HX_LOCATION, &links);
                Ok::<_, Infallible>(response.body(request.into_body()).unwrap())
            }
        })
    };
    let answer = now(Service::<Bytes>::call(&mut setup.layer.layer(app.clone()), event.clone()));
    let streamed = now(Service::<Bytes>::call(&mut setup.layer.layer(app).into_streaming(), event.clone()));
    let Some(base) = seen.take() else {
        for error in [answer.unwrap_err(), streamed.unwrap_err()] {
            check_error(&error);
        }
        return;
    };
    check_answer(&serde_json::from_slice(&answer.unwrap()).unwrap(), &base, setup);
    let sent = now(streamed.unwrap().into_body().collect()).unwrap().to_bytes();
    let end = sent.windows(8).position(|eight| eight == [0; 8]).unwrap();
    check_answer(&serde_json::from_slice(&sent[..end]).unwrap(), &base, setup);
}

fn check_request(request: &Request<Body>) {
    let uri = request.uri();
    assert!(uri.scheme().is_none() && uri.authority().is_none(), "{uri}");
    assert!(uri.path().starts_with('/') || uri.path() == "*", "{uri}");
    assert!(uri.to_string().bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#'), "{uri}");

    let extensions = request.extensions();
    let base = extensions.get::<BasePath>().unwrap();
    assert!(base.is_root() || (base.as_str().starts_with('/') && !base.as_str().ends_with('/')), "{base}");
    assert!(base.as_str().bytes().all(is_path_byte), "{base}");
    if let Some(public) = extensions.get::<PublicUri>() {
        let public: &Uri = public;
        assert!(public.scheme().is_some() && public.authority().is_some(), "{public}");
        assert!(collapsed(public.path()).starts_with(base.as_str()), "{public} {base}");
        assert_eq!(public.query(), uri.query());
    }
    let original = &extensions.get::<OriginalUri>().unwrap().0;
    assert!(collapsed(original.path()).starts_with(base.as_str()) || uri.path() == "*", "{original} {base}");
    // No gateway tells the port.
    assert_eq!(extensions.get::<ConnectInfo<SocketAddr>>().unwrap().0.port(), 0);

    let length = request.body().size_hint().exact().unwrap();
    let stated: Vec<_> = request.headers().get_all(header::CONTENT_LENGTH).iter().collect();
    assert!(stated.len() <= 1 && (length == 0 || stated.len() == 1), "{stated:?} of {length}");
    assert!(stated.iter().all(|stated| **stated == length.to_string()), "{stated:?} of {length}");
}

/// A base path has no empty segments; the path of a client may have them, in front of the app's too.
fn collapsed(path: &str) -> String {
    let mut out = path.to_owned();
    while out.contains("//") {
        out = out.replace("//", "/");
    }
    out
}

fn is_path_byte(byte: u8) -> bool {
    byte.is_ascii_graphic() && !matches!(byte, b'?' | b'#' | b'\\' | b'"' | b'<' | b'>' | b'`')
}

/// Says what is wrong in a line, and repeats nothing that a terminal could stumble over.
fn check_error(error: &Error) {
    let text = error.to_string();
    assert!(error.is_event(), "{text}");
    assert!(text.len() < 2_000 && !text.chars().any(char::is_control), "{text:?}");
}

/// The app's headers are there once, with the base path where it belongs.
fn check_answer(answer: &Value, base: &BasePath, setup: &Setup) {
    assert_eq!(answer["statusCode"], 303);
    let header = |name: &str| {
        let value = answer["multiValueHeaders"][name][0].as_str().or(answer["headers"][name].as_str());
        value.map(str::to_owned)
    };
    let location = "/login?next=/a%20b";
    // A base path that is the beginning of the location already is not put there again.
    let expected = if base.strip("/login").is_some() { location.to_owned() } else { base.join(location) };
    assert_eq!(header("location").unwrap(), expected);
    assert_eq!(header("content-location").unwrap(), "https://elsewhere.example/x");
    // Where a name can stand only once, cookies go out under several spellings of it.
    let single = answer["headers"].as_object().into_iter().flatten();
    let single = single.filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie")).map(|(_, value)| value);
    let several = [&answer["cookies"], &answer["multiValueHeaders"]["set-cookie"]];
    let cookies: Vec<_> = several.into_iter().filter_map(Value::as_array).flatten().chain(single).collect();
    for expected in [
        format!("a=1; Path={}", setup.cookie_path("/admin", base)),
        format!("b=2; Path={}; Secure", setup.cookie_path("/", base)),
    ] {
        assert!(cookies.iter().any(|cookie| **cookie == expected), "{expected} in {cookies:?}");
    }
    assert_eq!(cookies.len(), 2);
}

fn now<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("nothing here has to wait"),
    }
}

/// Of this thread: what the machine does beside it is not the input's fault.
fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec.unsigned_abs() as u32)
}

/// An event of fewer bytes must not take longer than `FUZZ_SLOW_US`, in microseconds. A plain one takes some ten. How
/// fast the machine is decides too, so only a search for slow events sets it; what was found is a shape of the benches,
/// where instructions count.
const SMALL: usize = 10_240;
static SLOW: LazyLock<Duration> = LazyLock::new(|| {
    let limit = env::var("FUZZ_SLOW_US").ok().map(|limit| limit.parse().expect("microseconds in FUZZ_SLOW_US"));
    limit.map_or(Duration::MAX, Duration::from_micros)
});

const HX_LOCATION: HeaderName = HeaderName::from_static("hx-location");
