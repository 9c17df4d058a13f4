"""What flows ask of SFCC: a source, a transformer and a target, made from the run's context."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cartage.errors import BatchError, SettingsError
from cartage.mapping.source import load_source
from cartage.systems.sfcc.sftp_folder import SftpFolder
from cartage.systems.sfcc.source import DropSource, Flow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    import pyarrow as pa

    from cartage.context import FlowContext
    from cartage.records.batch import Batch
    from cartage.seams import FeedFollower, FeedTarget, Planned, Source, Target, Transformed
    from cartage.settings import Drops
    from cartage.settings.feeds import FeedImport
    from cartage.systems.sfcc.acknowledging import Acknowledger
    from cartage.systems.sfcc.hook import SfccHook
    from cartage.systems.sfcc.shipments.publishing import FeedPublisher
    from cartage.systems.sfcc.small_feeds import SmallFeeds
    from cartage.systems.sfcc.stores.target import StoreTarget

SYSTEM = "sfcc"

NAME = "Salesforce B2C Commerce"
"""What people call the system."""


def masked(planned: Planned) -> Planned:
    """Give a plan without personal data: what the shop is told of stock, prices, shipments and stores holds none."""
    return planned


def transformer(context: FlowContext) -> Callable[[Iterable[Batch], int], Iterator[Transformed]]:
    """Give what turns batches of the flow's records into what the shop is sent, in their order.

    Raises:
        SettingsError: a mapping is wrong; with file and line.
        BatchError: SFCC takes no such records.
    """
    from cartage.mapping import load_mapping

    if context.record == "shipment":
        from cartage.systems.sfcc.shipments.transform import ShipmentTransformer

        mapping = load_mapping(SYSTEM, "shipment", context.include)
        looked_at = bool(context.integration.storefront.api)
        return ShipmentTransformer(context.settings.shipments, mapping, looked_at=looked_at)
    if context.record == "location":
        from cartage.systems.sfcc.stores.transform import LocationTransformer

        return LocationTransformer(context.settings, load_mapping(SYSTEM, "location", context.include))
    if context.record == "stock":
        from cartage.systems.sfcc.inventory.transform import transformer as inventory

        return inventory(context)
    if context.record == "price":
        from cartage.systems.sfcc.prices.transform import transformer as prices

        return prices(context)
    raise _not_taken(context)


def salvaged(original: bytes, site: str, order_no: str, lists: Mapping[str, str]) -> pa.Table:
    """Give what an order took from stock that cannot be read as an order; see `salvage.salvaged`."""
    from cartage.systems.sfcc.inventory.salvage import salvaged as made_out

    return made_out(original, site, order_no, lists)


def target(context: FlowContext) -> Target | FeedTarget:
    """Give the target of a flow.

    Raises:
        SettingsError: the integration's file names no connection for what the settings ask for.
        BatchError: SFCC takes no such records, or a connection is not fit for use.
    """
    if context.record == "shipment":
        return _shipments(context)
    if context.record == "location":
        return _stores(context)
    if context.record in ("stock", "price"):
        from cartage.systems.sfcc.feeds.making import publisher

        return publisher(context, _folder(context), lambda: _api(context))
    raise _not_taken(context)


def _shipments(context: FlowContext) -> Target:
    from cartage.systems.sfcc.shipments.shop_orders import ShopOrders
    from cartage.systems.sfcc.shipments.target import ShipmentTarget

    settings = context.settings.shipments
    by_rest = bool({"scapi", "events"} & set(settings.by)) or bool(context.integration.storefront.api)
    publisher = _shipment_feeds(context) if "feed" in settings.by else None
    return ShipmentTarget(settings, ShopOrders(_api(context)) if by_rest else None, publisher)


def _shipment_feeds(context: FlowContext) -> FeedPublisher:
    from cartage.systems.sfcc.shipments.publishing import FeedPublisher

    settings = context.settings.shipments.feed
    return FeedPublisher(settings.form, _small_feeds(context, settings.folder, settings.imported))


def _stores(context: FlowContext) -> StoreTarget:
    from cartage.systems.sfcc.stores.target import StoreTarget

    inventory, stores = context.settings.inventory.feed, context.settings.locations.feed
    return StoreTarget(
        _small_feeds(context, inventory.folder, inventory.imported),
        _small_feeds(context, stores.folder, stores.imported),
    )


def _small_feeds(context: FlowContext, folder: str, settings: FeedImport) -> SmallFeeds:
    from cartage.staging.area import FEEDS
    from cartage.systems.sfcc.small_feeds import SmallFeeds

    if context.feeds is None:
        raise BatchError("feeds need the ledger's book of them; this is a fault of the caller")
    flow = f"{context.integration.name}.{context.flow}{FEEDS}"
    return SmallFeeds(
        _folder(context),
        folder,
        settings,
        lambda: _api(context),
        book=context.feeds,
        staging=context.staging,
        flow=flow,
    )


def follower(context: FlowContext) -> FeedFollower | None:
    """Give what looks for imports that ended after their run; None where the flow leaves no feeds beside documents.

    Raises:
        SettingsError: the integration's file names no connection for what the settings ask for.
    """
    if context.record == "shipment" and "feed" in context.settings.shipments.by:
        return _shipment_feeds(context)
    return _stores(context) if context.record == "location" else None


def _not_taken(context: FlowContext) -> BatchError:
    return BatchError(f"SFCC takes no records of kind {context.record}; this is a fault of the caller")


def source(context: FlowContext) -> Source:
    """Make the source of a flow: drops on SFTP, or orders by REST where the settings say so.

    Raises:
        SettingsError: the integration's file names no connection for what the settings ask for.
        BatchError: the connection does not exist, or is not fit for use.
    """
    if context.record == "order" and context.settings.orders.source == "api":
        return _orders_by_rest(context)
    settings: Drops = context.settings.orders.drops if context.record == "order" else context.settings.customers.drops
    if context.drops is None:
        raise BatchError("a source of drops needs the ledger's book of drops; this is a fault of the caller")
    flow = Flow(
        name=f"{context.integration.name}.{context.flow}",
        drops=settings,
        sites=tuple(context.settings.sites),
        batch_records=context.settings.batch_records,
    )
    mapping = load_source(SYSTEM, context.record, context.include)
    return DropSource(
        _folder(context), flow, mapping, context.drops, context.staging, acknowledger=_acknowledger(context)
    )


def _orders_by_rest(context: FlowContext) -> Source:
    from cartage.systems.sfcc.api_source import ApiSource

    settings = context.settings
    return ApiSource(
        _api(context),
        sites=tuple(settings.sites),
        settings=settings.orders.api,
        overlap_minutes=settings.overlap_minutes,
        batch_records=settings.batch_records,
        acknowledger=_acknowledger(context),
    )


def _acknowledger(context: FlowContext) -> Acknowledger | None:
    """Tell the shop of orders, in the way the settings choose; nobody asks it for customers."""
    orders = context.settings.orders
    if context.record != "order" or orders.acknowledge == "none":
        return None
    from cartage.systems.sfcc.acknowledging import FeedAcknowledger, ScapiAcknowledger

    if orders.acknowledge == "feed":
        return FeedAcknowledger(_folder(context), orders.acknowledge_feed.folder)
    return ScapiAcknowledger(_api(context))


def _folder(context: FlowContext) -> SftpFolder:
    from airflow.providers.sftp.hooks.sftp import SFTPHook

    connection = context.integration.storefront.drops
    if not connection:
        raise _no_connection(context, "drops")
    # One attempt: what may pass is tried again by the task, and a wrong password must fail at once.
    return SftpFolder(SFTPHook(ssh_conn_id=connection, conn_retry_attempts=1))


def _api(context: FlowContext) -> SfccHook:
    from cartage.systems.sfcc.hook import SfccHook

    connection = context.integration.storefront.api
    if not connection:
        raise _no_connection(context, "api")
    return SfccHook(connection)


def _no_connection(context: FlowContext, name: str) -> SettingsError:
    return SettingsError(
        f"storefront.{name} is not set, but the settings need it; name an Airflow connection",
        file=f"integrations/{context.integration.name}.yaml",
    )
