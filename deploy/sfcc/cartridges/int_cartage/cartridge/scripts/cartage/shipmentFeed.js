'use strict';

/**
 * Reads order-shaped feeds of shipments, an order at a time, whatever their size.
 *
 * Only what Cartage writes is read: shipping status, shipments with status, tracking number and custom attributes, and
 * custom attributes of the order. Everything else is passed over.
 */

var NAMESPACE = 'http://www.demandware.com/xml/impex/order/2006-10-31';

/** A feed that is refused whole. */
function Refused(message) {
    this.code = 'refused';
    this.message = message;
}

/**
 * Calls a function with each order of a feed.
 *
 * @param {dw.io.XMLStreamReader} reader - at the beginning of the feed
 * @param {Object} events - dw.io.XMLStreamConstants
 * @param {Function} take - takes an order: orderNo, shippingStatus, shipments, attributes
 * @throws {Refused} when it is no such feed
 */
function eachOrder(reader, events, take) {
    var order = null;
    var rooted = false;
    while (reader.hasNext()) {
        var event = reader.next();
        if (event === events.START_ELEMENT) {
            var name = String(reader.getLocalName());
            if (!rooted) {
                if (name !== 'orders' || String(reader.getNamespaceURI()) !== NAMESPACE) {
                    throw new Refused('the root is not `orders` of ' + NAMESPACE);
                }
                rooted = true;
            } else if (name === 'order') {
                order = { orderNo: attribute(reader, 'order-no'), shippingStatus: null, shipments: [], attributes: {} };
                readOrder(reader, events, order);
                take(order);
            }
        }
    }
    if (!rooted) {
        throw new Refused('the feed is empty');
    }
}

function readOrder(reader, events, order) {
    var owner = order;
    while (reader.hasNext()) {
        var event = reader.next();
        if (event === events.END_ELEMENT) {
            var closed = String(reader.getLocalName());
            if (closed === 'order') {
                return;
            }
            if (closed === 'shipment') {
                owner = order;
            }
        } else if (event === events.START_ELEMENT) {
            var name = String(reader.getLocalName());
            if (name === 'shipment') {
                owner = { id: attribute(reader, 'shipment-id'), shippingStatus: null, trackingNumber: null, attributes: {} };
                order.shipments.push(owner);
            } else if (name === 'shipping-status') {
                owner.shippingStatus = String(reader.getElementText());
            } else if (name === 'tracking-number') {
                owner.trackingNumber = String(reader.getElementText());
            } else if (name === 'custom-attribute') {
                owner.attributes[attribute(reader, 'attribute-id')] = readAttribute(reader, events);
            }
        }
    }
}

/** Gives a custom attribute's text, or an array where it has elements `value`. */
function readAttribute(reader, events) {
    var text = '';
    var values = null;
    while (reader.hasNext()) {
        var event = reader.next();
        if (event === events.CHARACTERS) {
            text += String(reader.getText());
        } else if (event === events.START_ELEMENT) {
            values = values || [];
            values.push(String(reader.getElementText()));
        } else if (event === events.END_ELEMENT) {
            break;
        }
    }
    return values || text;
}

function attribute(reader, name) {
    var value = reader.getAttributeValue(null, name);
    return value === null || value === undefined ? null : String(value);
}

module.exports = { eachOrder: eachOrder, Refused: Refused, NAMESPACE: NAMESPACE };
