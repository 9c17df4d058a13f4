'use strict';

/**
 * Writes what a feed says of an order onto the order.
 *
 * Nothing is ever un-shipped: the customer has been told. An order that was cancelled or failed is left alone.
 */

/** An element that is left out, and why. */
function Skip(code, message) {
    this.code = code;
    this.message = message;
}

/**
 * Says whether an order may be shipped.
 *
 * @param {dw.order.Order} order - the order, or null
 * @param {string} orderNo - its number
 * @throws {Skip} when it may not
 */
function check(order, orderNo) {
    if (!order) {
        throw new Skip('unknown_order', 'there is no order ' + orderNo);
    }
    var status = Number(order.status.value);
    if (status === order.ORDER_STATUS_CANCELLED || status === order.ORDER_STATUS_FAILED) {
        throw new Skip('order_cancelled', 'the order ' + orderNo + ' was cancelled or failed, so nothing of it is shipped');
    }
}

/**
 * Finds a shipment by its id (`me`), or by its number, as the export of orders names it.
 *
 * @param {dw.order.Order} order - the order
 * @param {string} id - what the feed calls it
 * @returns {dw.order.Shipment} the shipment
 * @throws {Skip} when the order has none
 */
function shipmentOf(order, id) {
    var shipments = order.shipments.iterator();
    while (shipments.hasNext()) {
        var shipment = shipments.next();
        if (String(shipment.ID) === id || (shipment.shipmentNo && String(shipment.shipmentNo) === id)) {
            return shipment;
        }
    }
    throw new Skip('unknown_shipment', 'the order has no shipment ' + id);
}

/**
 * Writes a shipment; call it within a transaction.
 *
 * @param {dw.order.Shipment} shipment - the shipment
 * @param {Object} told - what the feed says of it
 */
function writeShipment(shipment, told) {
    if (told.trackingNumber && shipment.trackingNumber !== told.trackingNumber) {
        shipment.setTrackingNumber(told.trackingNumber);
    }
    if (told.shippingStatus === 'SHIPPED' && Number(shipment.shippingStatus.value) !== shipment.SHIPMENT_SHIPPED) {
        shipment.setShippingStatus(shipment.SHIPMENT_SHIPPED);
    }
    writeAttributes(shipment.custom, told.attributes);
}

/**
 * Writes what concerns the whole order; call it within a transaction.
 *
 * @param {dw.order.Order} order - the order
 * @param {Object} told - what the feed says of it
 */
function writeOrder(order, told) {
    var ranks = { NOT_SHIPPED: 0, PART_SHIPPED: 1, SHIPPED: 2 };
    var statuses = [order.SHIPPING_STATUS_NOTSHIPPED, order.SHIPPING_STATUS_PARTSHIPPED, order.SHIPPING_STATUS_SHIPPED];
    if (told.shippingStatus !== null) {
        if (!Object.prototype.hasOwnProperty.call(ranks, told.shippingStatus)) {
            throw new Skip('invalid', 'shipping-status is `' + told.shippingStatus + '`');
        }
        var now = statuses.indexOf(Number(order.shippingStatus.value));
        if (ranks[told.shippingStatus] > now) {
            order.setShippingStatus(statuses[ranks[told.shippingStatus]]);
        }
    }
    writeAttributes(order.custom, told.attributes);
}

function writeAttributes(custom, attributes) {
    Object.keys(attributes).forEach(function (name) {
        custom[name] = attributes[name];
    });
}

module.exports = { check: check, shipmentOf: shipmentOf, writeShipment: writeShipment, writeOrder: writeOrder, Skip: Skip };
