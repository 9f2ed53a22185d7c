"""A local server that speaks the WooCommerce and Shopify dialects, for the demo and the tests."""

from connectors.sandbox.server import SandboxServer
from connectors.sandbox.spec import Faults, SandboxSpec
from connectors.sandbox.truth import Truth

__all__ = ["Faults", "SandboxServer", "SandboxSpec", "Truth"]
