'use strict';

/**
 * Job step: takes feeds from the SFTP server into IMPEX.
 *
 * Cartage writes under a temporary name and renames, so a name that matches is whole. A feed is deleted on the server
 * only once it is here; one that comes twice is imported twice, which changes nothing.
 */

var File = require('dw/io/File');
var Status = require('dw/system/Status');

var files = require('../cartage/files');
var Server = require('../cartage/server').Server;

/**
 * Runs the step.
 *
 * @param {Object} parameters - Service, RemoteFolder, WorkingFolder, FileNamePattern
 * @returns {dw.system.Status} OK, NO_FILES_FOUND or ERROR
 */
function execute(parameters) {
    var server = new Server(parameters.Service);
    var target = files.folder(parameters.WorkingFolder);
    var expression = new RegExp('^(?:' + parameters.FileNamePattern + ')$');
    var taken = 0;
    try {
        server.names(parameters.RemoteFolder).forEach(function (name) {
            if (expression.test(name)) {
                var remote = parameters.RemoteFolder + '/' + name;
                var partial = new File(target, name + '.part');
                server.run('getBinary', remote, partial);
                partial.renameTo(new File(target, name));
                server.run('del', remote);
                taken += 1;
            }
        });
    } catch (wrong) {
        return new Status(Status.ERROR, 'ERROR', String(wrong.message || wrong));
    }
    return new Status(Status.OK, taken > 0 ? 'OK' : 'NO_FILES_FOUND');
}

module.exports = { execute: execute };
