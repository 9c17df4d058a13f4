'use strict';

/**
 * Runs a job step of the cartridge outside the shop: as much of the platform's script API as the step uses, over real
 * files. `node platform.js '{"step": "...", "impex": "...", "site": "...", "parameters": {...}, "orders": [...]}'`
 * prints the step's status and the orders as they are then.
 */

var fs = require('fs');
var path = require('path');
var Module = require('module');

var input = JSON.parse(process.argv[2]);

function File(parent, name) {
    this.fullPath = name === undefined ? parent : path.join(parent.fullPath || parent, name);
    this.name = path.basename(this.fullPath);
    this.there = path.join(input.impex, this.fullPath);
}
File.IMPEX = '/IMPEX';
File.SEPARATOR = '/';
File.prototype.exists = function () { return fs.existsSync(this.there); };
File.prototype.isFile = function () { return fs.statSync(this.there).isFile(); };
File.prototype.mkdirs = function () { return Boolean(fs.mkdirSync(this.there, { recursive: true })); };
File.prototype.remove = function () { fs.unlinkSync(this.there); return true; };
File.prototype.renameTo = function (target) { fs.renameSync(this.there, target.there); return true; };
File.prototype.listFiles = function () {
    var folder = this;
    return fs.readdirSync(this.there).map(function (name) { return new File(folder, name); });
};

function FileReader(file) { this.text = fs.readFileSync(file.there, 'utf-8'); }
FileReader.prototype.close = function () {};

function FileWriter(file) { this.there = file.there; fs.writeFileSync(this.there, ''); }
FileWriter.prototype.writeLine = function (line) { fs.appendFileSync(this.there, line + '\n'); };
FileWriter.prototype.close = function () {};

var EVENTS = { START_ELEMENT: 1, END_ELEMENT: 2, CHARACTERS: 4 };

/** A streaming reader for what the feeds hold: elements, attributes, text, the five entities. */
function XMLStreamReader(reader) {
    this.tokens = tokens(reader.text);
    this.at = -1;
    this.namespace = (/xmlns="([^"]*)"/.exec(reader.text) || [])[1];
}
XMLStreamReader.prototype.hasNext = function () { return this.at + 1 < this.tokens.length; };
XMLStreamReader.prototype.next = function () { this.at += 1; return this.tokens[this.at].event; };
XMLStreamReader.prototype.getLocalName = function () { return this.tokens[this.at].name; };
XMLStreamReader.prototype.getNamespaceURI = function () { return this.namespace; };
XMLStreamReader.prototype.getText = function () { return this.tokens[this.at].text; };
XMLStreamReader.prototype.getAttributeValue = function (_, name) {
    var found = this.tokens[this.at].attributes[name];
    return found === undefined ? null : found;
};
XMLStreamReader.prototype.getElementText = function () {
    var text = '';
    while (this.next() !== EVENTS.END_ELEMENT) {
        text += this.getText();
    }
    return text;
};
XMLStreamReader.prototype.close = function () {};

function plain(text) {
    return text.replace(/&(lt|gt|amp|quot|apos|#\d+);/g, function (_, name) {
        return name[0] === '#' ? String.fromCodePoint(Number(name.slice(1))) : { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }[name];
    });
}

function tokens(text) {
    var found = [];
    var expression = /<\?[^>]*\?>|<!--[\s\S]*?-->|<(\/?)([\w:.-]+)((?:\s+[\w:.-]+="[^"]*")*)\s*(\/?)>|([^<]+)|(<)/g;
    var match;
    while ((match = expression.exec(text)) !== null) {
        if (match[6]) {
            throw new Error('the document is not well-formed');
        } else if (match[5] !== undefined) {
            found.push({ event: EVENTS.CHARACTERS, text: plain(match[5]) });
        } else if (match[2]) {
            var attributes = {};
            (match[3] || '').replace(/([\w:.-]+)="([^"]*)"/g, function (_, name, value) { attributes[name] = plain(value); });
            if (!match[1]) {
                found.push({ event: EVENTS.START_ELEMENT, name: match[2], attributes: attributes });
            }
            if (match[1] || match[4]) {
                found.push({ event: EVENTS.END_ELEMENT, name: match[2] });
            }
        }
    }
    return found;
}

var open = 0;

function guard() {
    if (!open) {
        throw new Error('changed outside of a transaction');
    }
}

function customOf(defined) {
    return new Proxy({}, {
        set: function (target, name, value) {
            guard();
            if (defined.indexOf(name) < 0) {
                throw new Error('custom attribute ' + name + ' is not defined');
            }
            target[name] = value;
            return true;
        }
    });
}

function Shipment(values) {
    Object.assign(this, { SHIPMENT_SHIPPED: 2, custom: customOf(['trackingCarrier']) }, values);
    this.shippingStatus = { value: values.shippingStatus };
}
Shipment.prototype.setTrackingNumber = function (number) { guard(); this.trackingNumber = number; };
Shipment.prototype.setShippingStatus = function (status) { guard(); this.shippingStatus = { value: status }; };

function Order(values) {
    Object.assign(this, {
        ORDER_STATUS_CANCELLED: 6, ORDER_STATUS_FAILED: 8, SHIPPING_STATUS_NOTSHIPPED: 0, SHIPPING_STATUS_PARTSHIPPED: 1,
        SHIPPING_STATUS_SHIPPED: 2
    });
    this.orderNo = values.orderNo;
    this.status = { value: values.status };
    this.shippingStatus = { value: values.shippingStatus };
    this.custom = customOf(['erpOrderNo', 'trackingNumbers', 'trackingCarriers']);
    var shipments = values.shipments.map(function (each) { return new Shipment(each); });
    this.all = shipments;
    this.shipments = { iterator: function () {
        var at = 0;
        return { hasNext: function () { return at < shipments.length; }, next: function () { at += 1; return shipments[at - 1]; } };
    } };
}
Order.prototype.setShippingStatus = function (status) { guard(); this.shippingStatus = { value: status }; };

var orders = input.orders.map(function (each) { return new Order(each); });

function Status(status, code, message) { this.status = status; this.code = code; this.message = message; }
Status.OK = 0;
Status.ERROR = 1;

var API = {
    'dw/io/File': File,
    'dw/io/FileReader': FileReader,
    'dw/io/FileWriter': FileWriter,
    'dw/io/XMLStreamConstants': EVENTS,
    'dw/io/XMLStreamReader': XMLStreamReader,
    'dw/order/OrderMgr': { getOrder: function (number) { return orders.find(function (each) { return each.orderNo === number; }) || null; } },
    'dw/system/Site': { getCurrent: function () { return { getID: function () { return input.site; } }; } },
    'dw/system/Status': Status,
    'dw/system/Transaction': { wrap: function (work) { open += 1; try { work(); } finally { open -= 1; } } }
};

var load = Module._load;
Module._load = function (name) {
    return API[name] || load.apply(this, arguments);
};

var job = { getJobID: function () { return 'cartage-import-shipments'; }, getID: function () { return '1'; } };
var status = require(path.resolve(input.step)).execute(input.parameters, { getJobExecution: function () { return job; } });
process.stdout.write(JSON.stringify({
    code: status.code,
    message: status.message,
    orders: orders.map(function (order) {
        return {
            orderNo: order.orderNo,
            shippingStatus: order.shippingStatus.value,
            custom: Object.assign({}, order.custom),
            shipments: order.all.map(function (each) {
                return { ID: each.ID, shippingStatus: each.shippingStatus.value, trackingNumber: each.trackingNumber, custom: each.custom };
            })
        };
    })
}));
