//! The builder: who may ask how often.

use super::GatewayBuilder;
use crate::admit::plans::UsagePlan;
use crate::admit::throttle::Throttle;

impl GatewayBuilder {
    /// Adds a usage plan of a REST API: with one, every request must have one of the keys in `X-API-Key`; default none, so that nobody needs a key.
    pub fn usage_plan(mut self, plan: UsagePlan) -> Self {
        if let Err(error) = plan.check() {
            self.fails(error);
        }
        self.config.admission.plans.push(plan);
        self
    }

    /// Whether the API key of a request is the one that a Lambda authorizer names in `usageIdentifierKey`, and not that of the header (`apiKeySource` is `AUTHORIZER`); default no.
    #[cfg(feature = "authorizers")]
    #[cfg_attr(docsrs, doc(cfg(feature = "authorizers")))]
    pub fn api_key_of_authorizer(mut self, of_authorizer: bool) -> Self {
        self.config.admission.key_of_authorizer = of_authorizer;
        self
    }

    /// How many requests may come, beyond which they get 429 (REST and HTTP APIs); default any number.
    pub fn throttle(mut self, throttle: Throttle) -> Self {
        self.config.admission.throttle = Some(throttle);
        self
    }

    /// How many requests may come to one route, or to each of several, beside what [`throttle`](Self::throttle) says of all together (REST and HTTP APIs); default any number.
    ///
    /// A route is written with the method and the path that it was added with, `GET /items/{id}`, `ANY /{proxy+}` or `$default`; `*` stands for any: `* /items` is every method of a
    /// resource, `GET *` that method of every resource, `*` all. Of several the most specific one counts. Each route has the limit for itself, as those of AWS's `MethodSettings`,
    /// `RouteSettings` and `DefaultRouteSettings`.
    ///
    /// ```
    /// use sippycup_gateway::{Gateway, Kind, Throttle};
    ///
    /// let api = Gateway::builder(Kind::RestApi)
    ///     .route("GET /items")
    ///     .route("POST /items")
    ///     .route_throttle("*", Throttle::new(100.0, 50))
    ///     .route_throttle("POST /items", Throttle::new(1.0, 1));
    /// assert!(api.build(()).is_ok());
    /// ```
    pub fn route_throttle(mut self, routes: &str, throttle: Throttle) -> Self {
        if let Err(error) = self.config.admission.route_throttles.add(routes, throttle) {
            self.fails(error);
        }
        self
    }
}
