'use strict';

/** Files below IMPEX/src, by folder and pattern, in the order of their names. */

var File = require('dw/io/File');

/**
 * Gives a folder below IMPEX/src, made when it is missing.
 *
 * @param {string} path - relative to IMPEX/src
 * @returns {dw.io.File} the folder
 */
function folder(path) {
    var found = new File([File.IMPEX, 'src', path].join(File.SEPARATOR));
    if (!found.exists()) {
        found.mkdirs();
    }
    return found;
}

/**
 * Gives the files of a folder whose whole names match, in alphanumeric order.
 *
 * @param {dw.io.File} where - the folder
 * @param {string} pattern - regular expression
 * @returns {dw.io.File[]} the files
 */
function matching(where, pattern) {
    var expression = new RegExp('^(?:' + pattern + ')$');
    var found = [];
    var listed = where.listFiles();
    for (var at = 0; listed && at < listed.length; at++) {
        if (listed[at].isFile() && expression.test(listed[at].name)) {
            found.push(listed[at]);
        }
    }
    return found.sort(function (one, other) {
        if (one.name === other.name) {
            return 0;
        }
        return one.name < other.name ? -1 : 1;
    });
}

/**
 * Moves a file into a folder beside it; one of the same name that is there gives way.
 *
 * @param {dw.io.File} file - the file
 * @param {string} name - name of the folder
 */
function moveInto(file, name) {
    var target = new File(beside(file, name), file.name);
    if (target.exists()) {
        target.remove();
    }
    file.renameTo(target);
}

/**
 * Gives a folder beside a file, made when it is missing.
 *
 * @param {dw.io.File} file - the file
 * @param {string} name - name of the folder
 * @returns {dw.io.File} the folder
 */
function beside(file, name) {
    var parent = file.fullPath.substring(0, file.fullPath.lastIndexOf(File.SEPARATOR));
    var found = new File(parent + File.SEPARATOR + name);
    if (!found.exists()) {
        found.mkdirs();
    }
    return found;
}

module.exports = { folder: folder, matching: matching, moveInto: moveInto, beside: beside };
