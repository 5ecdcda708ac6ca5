//! The JSON of `terraform show -json`: resources with their values, and the configuration that says how they are linked.

use crate::template::document::{Node, Span};

/// A plan, or a state, which has no configuration.
#[derive(Debug)]
pub(super) struct Plan<'p> {
    pub(super) modules: Vec<Module<'p>>,
    pub(super) instances: Vec<Instance<'p>>,
    /// Data sources, of which only a few say something about code.
    pub(super) data: Vec<Instance<'p>>,
}

/// An instance of a module; the first one is the root.
#[derive(Debug)]
pub(super) struct Module<'p> {
    pub(super) name: &'p str,
    /// `["a"]` or `[0]`; empty without `for_each` and `count`.
    pub(super) key: &'p str,
    pub(super) parent: Option<usize>,
    pub(super) config: Option<&'p Node>,
    /// What the module around it says about it.
    pub(super) call: Option<&'p Node>,
}

/// An instance of a resource.
#[derive(Clone, Copy, Debug)]
pub(super) struct Instance<'p> {
    pub(super) address: &'p str,
    pub(super) kind: &'p str,
    pub(super) name: &'p str,
    pub(super) key: &'p str,
    pub(super) module: usize,
    pub(super) values: &'p Node,
    /// Which of the values are secrets.
    pub(super) sensitive: Option<&'p Node>,
    /// What only an apply makes known.
    pub(super) unknown: Option<&'p Node>,
    pub(super) config: Option<&'p Node>,
    pub(super) span: Span,
}

impl<'p> Plan<'p> {
    /// `None` if this is no plan and no state.
    pub(super) fn read(root: &'p Node) -> Option<Self> {
        root.get("format_version")?;
        let values = root.get("planned_values").or_else(|| root.get("values"))?;
        let mut plan = Self { modules: Vec::new(), instances: Vec::new(), data: Vec::new() };
        let config = root.at(&["configuration", "root_module"]);
        if let Some(module) = values.get("root_module") {
            plan.add(module, "", Module { name: "", key: "", parent: None, config, call: None });
        }
        for change in root.get("resource_changes").map(Node::items).unwrap_or_default() {
            let address = change.get("address").and_then(Node::as_text);
            if let Some(instance) = plan.instances.iter_mut().find(|instance| Some(instance.address) == address) {
                instance.unknown = change.at(&["change", "after_unknown"]);
            }
        }
        // What is read before a plan is made is in the state before it.
        if let Some(before) = root.at(&["prior_state", "values", "root_module"]) {
            plan.add_data(before);
        }
        Some(plan)
    }

    fn add(&mut self, module: &'p Node, address: &str, own: Module<'p>) {
        let at = self.modules.len();
        let config = own.config;
        self.modules.push(own);
        let resources = module.get("resources").map(Node::items).unwrap_or_default();
        let instances = resources.iter().filter_map(|resource| Instance::read(resource, at, address, config));
        for instance in instances {
            if instance.address.starts_with("data.") || instance.address.contains(".data.") {
                self.data.push(instance);
            } else {
                self.instances.push(instance);
            }
        }
        for child in module.get("child_modules").map(Node::items).unwrap_or_default() {
            let Some(whole) = child.get("address").and_then(Node::as_text) else { continue };
            let step = whole.get(address.len()..).unwrap_or_default().trim_start_matches('.');
            let step = step.strip_prefix("module.").unwrap_or(step);
            let (name, key) = step.split_at(step.find('[').unwrap_or(step.len()));
            let call = config.and_then(|config| config.at(&["module_calls", name]));
            let config = call.and_then(|call| call.get("module"));
            self.add(child, whole, Module { name, key, parent: Some(at), config, call });
        }
    }

    fn add_data(&mut self, module: &'p Node) {
        let resources = module.get("resources").map(Node::items).unwrap_or_default();
        let is_data = |resource: &&Node| resource.get("mode").and_then(Node::as_text) == Some("data");
        self.data.extend(resources.iter().filter(is_data).filter_map(|data| Instance::read(data, 0, "", None)));
        for child in module.get("child_modules").map(Node::items).unwrap_or_default() {
            self.add_data(child);
        }
    }

    /// Those of a type.
    pub(super) fn of(&self, kind: &str) -> impl Iterator<Item = &Instance<'p>> {
        self.instances.iter().filter(move |instance| instance.kind == kind)
    }
}

impl<'p> Instance<'p> {
    fn read(resource: &'p Node, module: usize, within: &str, config: Option<&'p Node>) -> Option<Self> {
        let text = |key: &str| resource.get(key).and_then(Node::as_text);
        let (address, kind, name) = (text("address")?, text("type")?, text("name")?);
        let own = address.strip_prefix(within).unwrap_or(address).trim_start_matches('.');
        let own = own.strip_prefix("data.").unwrap_or(own);
        let key =
            own.strip_prefix(kind).and_then(|rest| rest.strip_prefix('.')).and_then(|rest| rest.strip_prefix(name));
        let same = |config: &&Node| {
            let text = |key: &str| config.get(key).and_then(Node::as_text);
            (text("type"), text("name")) == (Some(kind), Some(name)) && text("mode") != Some("data")
        };
        let configured = config.and_then(|config| config.get("resources")).map(Node::items).unwrap_or_default();
        Some(Self {
            address,
            kind,
            name,
            key: key.unwrap_or_default(),
            module,
            values: resource.get("values")?,
            sensitive: resource.get("sensitive_values"),
            unknown: None,
            config: configured.iter().find(same),
            span: resource.span,
        })
    }

    /// A value that is known, and is text.
    pub(super) fn text(&self, key: &str) -> Option<&'p str> {
        self.values.get(key)?.as_text()
    }

    /// What the configuration says about attributes.
    pub(super) fn expressions(&self) -> Option<&'p Node> {
        self.config?.get("expressions")
    }
}
